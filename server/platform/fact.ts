// Facts about this database itself, such as the id of the installation.
import type { Database } from './database.ts';
import { uuidv7 } from './ids.ts';

/** A fact of this database, made at its first start. */
export const factOf = async (db: Database, key: string): Promise<string> => {
  const found = await db.read.setting.findUnique({ where: { key } });
  if (found) return found.value;
  const value = uuidv7();
  await db.write(async (tx) => void (await tx.setting.create({ data: { key, value } })));
  return value;
};
