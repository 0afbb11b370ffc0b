// manifest.json, the first file of a backup: what it is of, and the sum of each file.
import * as z from 'zod';

/** Raised when an older Skep could not read what is written now. */
export const formatVersion = 1;

/** It is printed for whoever restores: no control character is in it. */
const line = z.string().regex(/^[ -~]{0,500}$/);

/** What every version can read of every manifest. */
export const manifestBegin = z.object({
  format: z.literal('skep-backup'),
  formatVersion: z.number().int().min(1),
  skepVersion: line,
});

export const manifestShape = manifestBegin.extend({
  /** ISO 8601. */
  madeAt: z.iso.datetime(),
  /** Id of the installation. */
  server: line,
  generation: line,
  /** The server's public key: SPKI DER, base64url. */
  publicKey: line,
  lastMigration: line,
  /** The newest record of the history; null: there is none. */
  head: z.object({ seq: z.number().int(), hash: line }).nullable(),
  lastEvent: z.number().int(),
  /** Rows of each table. */
  records: z.record(line, z.number().int()),
  files: z.array(z.object({ path: line, size: z.number().int(), sha256: z.string() })),
});

export type Manifest = z.infer<typeof manifestShape>;
/** What is read from the copy itself, and must be what the manifest says. */
export type Contents = Pick<
  Manifest,
  'server' | 'generation' | 'publicKey' | 'lastMigration' | 'head' | 'lastEvent' | 'records'
>;
