// `npm run migrate -- create NAME` writes a migration for what changed in schema.prisma; `-- check` says if one lacks.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { draftNext, writeMigration } from './write-migration.ts';

const USAGE = `Usage: npm run migrate -- create NAME   (letters, digits, _)
       npm run migrate -- check         (exit 2, and the SQL, when a migration lacks)
Options: --schema FILE, --folder FOLDER (default: those beside this program)`;

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const { values: project, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    schema: { type: 'string', default: here('schema.prisma') },
    folder: { type: 'string', default: here('migrations') },
  },
});
const [command, name = ''] = positionals;

if (command === 'create' && /^\w+$/.test(name)) {
  const { path, droppedTriggers } = await writeMigration(project, name, new Date());
  if (droppedTriggers.length > 0) {
    const list = droppedTriggers.join(', ');
    console.error(
      `This change rebuilds a table, which drops its triggers; the migration makes them again: ${list}`,
    );
  }
  console.log(
    path === null
      ? 'Nothing to do: the migrations and schema.prisma agree.'
      : `Wrote ${path}: read it, then run npm run generate and the tests.`,
  );
} else if (command === 'check') {
  const { sql } = await draftNext(project);
  console.log(sql === '' ? 'The migrations and schema.prisma agree.' : sql);
  process.exitCode = sql === '' ? 0 : 2;
} else {
  console.error(USAGE);
  process.exitCode = 64;
}
