// Who owns which lab on this machine: a claim per prefix under /run, so that a reboot forgets claims and namespaces together.
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { deleteNetns } from './net-namespaces.ts';
import { identifyProcess, isRunning } from './processes.ts';

/** Where the claims and the engines' sockets are; short, because a socket's path has at most 107 characters. */
export const claimsFolder = '/run/skep';

const claimSchema = z.object({
  dir: z.string(),
  /** Null: the lab outlives the process that made it, until it is taken down by name. */
  owner: z.object({ pid: z.number(), startedTicks: z.string() }).nullable(),
});

/** A lab's claim: the folder that it works in and the process that it belongs to. */
export type LabClaim = z.infer<typeof claimSchema>;

/** The claim on a prefix, or null when there is none. */
export async function readClaim(prefix: string): Promise<LabClaim | null> {
  const text = await readFile(join(claimsFolder, prefix, 'lab.json'), 'utf8').catch(() => null);
  return text === null ? null : claimSchema.parse(JSON.parse(text));
}

/**
 * Claims a prefix for a lab. What a dead owner left under that prefix is removed first.
 * @throws Error when the prefix belongs to a lab that lives.
 */
export async function claimPrefix(prefix: string, dir: string, keep: boolean): Promise<void> {
  const present = await readClaim(prefix);
  if (present && (await isAbandoned(present))) await removeLab(prefix, present.dir);
  else if (present) throw new Error(inUse(prefix, present));
  await mkdir(claimsFolder, { recursive: true });
  const fresh = await mkdtemp(join(claimsFolder, '.claim-'));
  const claim: LabClaim = { dir, owner: keep ? null : await identifyProcess(process.pid) };
  await writeFile(join(fresh, 'lab.json'), JSON.stringify(claim));
  try {
    // Atomic: a folder is never renamed over one that is not empty.
    await rename(fresh, join(claimsFolder, prefix));
  } catch (cause) {
    await rm(fresh, { recursive: true });
    throw new Error(
      `Lab ${prefix} was claimed by another process at the same moment: choose another prefix`,
      { cause },
    );
  }
}

function inUse(prefix: string, { owner, dir }: LabClaim): string {
  const holder = owner ? `process ${owner.pid}` : 'a lab that was started to stay';
  return `Lab prefix ${prefix} is in use by ${holder} (${dir}): choose another, or take that lab down`;
}

async function isAbandoned({ owner }: LabClaim): Promise<boolean> {
  return owner !== null && !(await isRunning(owner));
}

/** Removes a lab whole: processes, namespaces, control groups, sockets and data. Does nothing when there is none. */
export async function removeLab(prefix: string, dir: string): Promise<void> {
  const entries: string[] = await readdir(join(claimsFolder, prefix)).catch(() => []);
  const hosts = entries.filter((name) => /^\d+$/.test(name));
  await Promise.all(hosts.map((index) => deleteNetns(`${prefix}${index}`)));
  if (entries.includes('switch')) await deleteNetns(`${prefix}sw`);
  await removeControlGroups(`skep-${prefix}`);
  await rm(join(dir, 'labs', prefix), { recursive: true, force: true, maxRetries: 5 });
  await rm(join(claimsFolder, prefix), { recursive: true, force: true });
}

/**
 * Removes what crashed runs left: every lab whose owner is dead and which worked in `dir`, or in a folder that is gone.
 * Labs of living processes and labs that were started to stay are not touched.
 * @returns the prefixes that were removed.
 */
export async function sweep({ dir }: { dir: string }): Promise<string[]> {
  const removed: string[] = [];
  const prefixes = (await readdir(claimsFolder).catch(() => [])).filter((name) => !name.startsWith('.'));
  for (const prefix of prefixes) {
    const claim = await readClaim(prefix);
    if (!claim || !(await isAbandoned(claim))) continue;
    const isOrphan = await access(claim.dir).then(
      () => false,
      () => true,
    );
    if (claim.dir !== dir && !isOrphan) continue;
    await removeLab(prefix, claim.dir);
    removed.push(prefix);
  }
  const folders = await readdir(join(dir, 'labs')).catch(() => []);
  for (const prefix of folders) {
    // After a reboot only the data is left.
    if ((await readClaim(prefix)) === null) await removeLab(prefix, dir);
  }
  return removed;
}

/** Removes a group of that name, with all groups below it, from each hierarchy (one in version 2, many in version 1). */
async function removeControlGroups(name: string): Promise<void> {
  const root = '/sys/fs/cgroup';
  const hierarchies = [root, ...(await readdir(root)).map((entry) => join(root, entry))];
  await Promise.all(hierarchies.map((hierarchy) => removeGroup(join(hierarchy, name))));
}

async function removeGroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  await Promise.all(entries.filter((e) => e.isDirectory()).map((e) => removeGroup(join(path, e.name))));
  await rmdir(path).catch(() => {});
}
