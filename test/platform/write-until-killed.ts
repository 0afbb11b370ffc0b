// A process for database-crash.test.ts: writes to the database given, says which writes were acknowledged, never ends.
import { createDatabase } from '../../server/platform/database.ts';

const [file = '', prefix = ''] = process.argv.slice(2);

try {
  const db = await createDatabase({ file });
  process.stdout.write('open\n');
  const writer = async (name: string) => {
    for (let n = 0; ; n++) {
      const key = `${prefix}-${name}-${n}`;
      // Two rows that belong together: a crash must not leave one of them.
      await db.write(async (tx) => {
        await tx.setting.create({ data: { key, value: 'left' } });
        await tx.setting.create({ data: { key: `${key}/twin`, value: 'right' } });
      });
      process.stdout.write(`${key}\n`);
    }
  };
  // In groups with the others, and never to be kept.
  const failing = async () => {
    for (let n = 0; ; n++)
      await db
        .write(async (tx) => {
          await tx.setting.create({ data: { key: `${prefix}-${n}/never`, value: '' } });
          throw new Error('never');
        })
        .catch(() => undefined);
  };
  await Promise.all([...['a', 'b', 'c', 'd', 'e'].map(writer), failing()]);
} catch (error) {
  process.stdout.write(`${error instanceof Error && 'code' in error ? error.code : error}\n`);
  process.exit(1);
}
