// `npm run promises`: breaks the code behind each promise in a copy of the checkout, and looks whether its test notices.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { beside, pledges, type Shown } from './list.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'skep-broken-'));

const reportSchema = z.object({
  testResults: z.array(
    z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) }),
  ),
});

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): number | null =>
  spawnSync(command, args, { cwd: copy, stdio: 'ignore', timeout: 600_000, env: { ...process.env, ...env } })
    .status;

/** Tracked files and new ones, as they are now. */
const copyCheckout = (): void => {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  for (const path of listed.stdout.toString().split('\0').filter(Boolean)) {
    mkdirSync(join(copy, dirname(path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  cpSync(join(root, 'prisma/generated'), join(copy, 'prisma/generated'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
};

/** `passed`, `failed`, or `not run` (a title that nobody has, or a file that cannot be loaded). */
const resultOf = ({ test, name }: Shown): string => {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  if (run(process.execPath, ['lab/build.mjs']) !== 0) return 'not built';
  // The whole file: many a test rests on those before it.
  run(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', test, '--reporter=json', `--outputFile=${report}`, '--retry=0'],
    {
      SKEP_ENGINES: 'simulated',
      CI: '',
    },
  );
  try {
    const { testResults } = reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
    const found = testResults.flatMap(({ assertionResults }) => assertionResults);
    return found.find(({ fullName }) => fullName.endsWith(name))?.status ?? 'not run';
  } catch {
    return 'not run';
  }
};

const { values } = parseArgs({
  options: { only: { type: 'string' }, unbroken: { type: 'boolean', default: false } },
});
const all = [
  ...pledges.map(({ number, shown }) => ({ what: `promise ${number}`, key: String(number), shown })),
  ...beside.map(({ shown }, index) => ({ what: `beside ${index + 1}`, key: `b${index + 1}`, shown })),
];
const only = values.only?.split(',');
const chosen = all.filter(({ key }) => only === undefined || only.includes(key));

let made = 0;
let wrong = 0;
try {
  copyCheckout();
  for (const { what, shown } of chosen) {
    for (const one of shown) {
      const { file, find, replace } = one.broken;
      const path = join(copy, file);
      const text = readFileSync(path, 'utf8');
      const before = values.unbroken ? resultOf(one) : null;
      // A function: nothing in the replacement is a pattern.
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
      const after = resultOf(one);
      writeFileSync(path, text);
      const isNoticed = after === 'failed' && (before === null || before === 'passed');
      made += 1;
      if (!isNoticed) wrong += 1;
      console.log(
        `${what}: ${file} broken, ${before === null ? '' : `${before} before, `}${after} after${isNoticed ? '' : '  ← NOT NOTICED'}  (${one.test})`,
      );
    }
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${made - wrong} of ${made} breaks noticed`);
process.exitCode = wrong === 0 ? 0 : 1;
