// kill -9 in the middle of writes: nothing acknowledged is lost, nothing is half there, and the lock is free again.
import { copyFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createDatabase } from '../../server/platform/database.ts';
import { bundle, startChild } from './child-process.ts';
import { temporaryDatabase, temporaryFile } from './temporary-database.ts';

const KILLS = 10;
const writer = await bundle('write-until-killed.ts');

const keysOf = (file: string): string[] => {
  const db = new Sqlite(file);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  const keys = db.prepare<[], string>('SELECT key FROM Setting ORDER BY key').pluck().all();
  db.close();
  return keys;
};

it(`keeps every acknowledged write through ${KILLS} kills`, { timeout: 60_000 }, async () => {
  const files = await Promise.all([temporaryFile(), temporaryFile()]);
  // One chain of kills per file, the next process starting on what the last one left.
  const chain = async (file: string) => {
    const acknowledged: string[] = [];
    for (let kill = 0; kill < KILLS / files.length; kill++) {
      const child = startChild(writer, [file, `run${kill}`]);
      const enough = Math.floor(Math.random() * 30);
      await child.until((lines) => lines[0] === 'open' && lines.length > enough);
      await child.kill();
      acknowledged.push(...child.lines.slice(1));
    }
    return acknowledged;
  };
  const chains = await Promise.all(files.map(chain));

  for (const [i, file] of files.entries()) {
    const keys = keysOf(file);
    expect(keys).toEqual(expect.arrayContaining(chains[i] ?? []));
    expect(keys.filter((key) => key.endsWith('/never'))).toEqual([]);
    const halves = keys.filter(
      (key) => !keys.includes(key.endsWith('/twin') ? key.slice(0, -5) : `${key}/twin`),
    );
    expect(halves).toEqual([]);
  }
});

it('refuses a second process on the same file, and lets it in once the first was killed', {
  timeout: 30_000,
}, async () => {
  const { db, file } = await temporaryDatabase();
  const second = startChild(writer, [file, 'second']);
  await second.ended();
  expect(second.lines).toEqual(['DATABASE_IN_USE']);
  await db.close();

  const third = startChild(writer, [file, 'third']);
  await third.until((lines) => lines.length > 3);
  await expect(createDatabase({ file })).rejects.toMatchObject({
    code: 'DATABASE_IN_USE',
    message: expect.stringContaining(file),
  });
  await third.kill();
  const again = await createDatabase({ file });
  expect(await again.read.setting.count()).toBeGreaterThan(0);
  await again.close();
});

it('refuses a second opening in the same process, and after it failed the first one still holds', async () => {
  const { file, db } = await temporaryDatabase();
  await expect(createDatabase({ file })).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
  await expect(createDatabase({ file })).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
  await db.write((tx) => tx.setting.create({ data: { key: 'a', value: '' } }));
  copyFileSync(file, `${file}.copy`);
  const copy = await createDatabase({ file: `${file}.copy` });
  await copy.close();
});
