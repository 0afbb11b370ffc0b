// Secrets that were on the way, looked for in every file that the system and the clients wrote, in five spellings.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Arena } from './arena.ts';

/** Keys of the processes themselves: they are their own place. */
const ownKeys = /server-key\.pem$|identity|key\.pem$|\.sock$/;
/** Enough to find a leak of a kind; each is looked for in each file. */
const looked = 40;
/** Base64 of the middle of a text, whatever stands before it: for each of the three ways to be aligned. */
const base64Inside = (text: string): string[] =>
  [0, 1, 2].map((shift) =>
    Buffer.from(text.slice(shift, shift + 3 * Math.floor((text.length - shift) / 3)))
      .toString('base64')
      .slice(0, -4),
  );

const spellings = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  ...base64Inside(secret),
];

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() && !ownKeys.test(path));

/** Where a secret was found that must be nowhere (promise 7). */
export const checkSecrets = ({ system, folder, proxies, secrets, random }: Arena): string[] => {
  const all = new Set([...secrets, ...[...proxies.values()].flatMap((proxy) => [...proxy.collected()])]);
  const chosen = [...all].sort(() => random.next() - 0.5).slice(0, looked);
  const faults: string[] = [];
  for (const path of [...filesIn(system.dir), ...filesIn(folder)]) {
    const bytes = readFileSync(path);
    for (const secret of [...chosen, system.server.adminKey]) {
      // The one place where the first key is shown: the console, which is the log file here.
      const shown = secret === system.server.adminKey && path === system.server.logPath ? 1 : 0;
      for (const spelling of new Set(spellings(secret))) {
        let count = 0;
        for (let at = bytes.indexOf(spelling); at >= 0; at = bytes.indexOf(spelling, at + 1)) count += 1;
        const allowed = spelling === secret ? shown : 0;
        if (count > allowed) faults.push(`${path} holds a secret: ${secret.slice(0, 12)}…, ${count} times`);
      }
    }
  }
  return [...new Set(faults)];
};
