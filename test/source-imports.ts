// What the sources import, read from their text.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('..', import.meta.url));

/** One import statement. */
export type Import = {
  /** Path of the importing file, from the checkout's root: `server/nodes/roles.ts`. */
  from: string;
  /** The imported file's path likewise, or the package's name as it is written. */
  to: string;
  isTypeOnly: boolean;
};

/** A source file. */
export type Source = { path: string; lineCount: number; imports: readonly Import[] };

const statement = /^(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const dynamic = /\bimport\(\s*'([^']+)'/g;

const readImports = (path: string, text: string): Import[] => {
  const resolved = (target: string): string =>
    target.startsWith('.') ? relative(checkout, join(checkout, dirname(path), target)) : target;
  return [
    ...[...text.matchAll(statement)].map(([, , type, target = '']) => ({
      from: path,
      to: resolved(target),
      isTypeOnly: type !== undefined,
    })),
    ...[...text.matchAll(dynamic)].map(([, target = '']) => ({
      from: path,
      to: resolved(target),
      isTypeOnly: false,
    })),
  ];
};

/** All TypeScript files below a folder of the checkout. */
export const readSources = (folder: string): Source[] =>
  readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .sort()
    .map((name) => {
      const path = `${folder}/${name}`;
      const text = readFileSync(join(checkout, path), 'utf8');
      return { path, lineCount: text.split('\n').length - 1, imports: readImports(path, text) };
    });
