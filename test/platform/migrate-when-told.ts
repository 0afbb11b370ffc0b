// A process for apply-migrations.test.ts: says that it begins, then migrates.
import { applyMigrations } from '../../server/platform/apply-migrations.ts';

const [file = '', folder = ''] = process.argv.slice(2);
process.stdout.write('begin\n');
await applyMigrations({ file, folder });
process.stdout.write('done\n');
