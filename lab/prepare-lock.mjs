// One preparation of a checkout at a time. No packages: runs on a fresh clone.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** True when the lock is ours now. */
const take = (path, mine) => {
  try {
    // A link is made at once with its content, or not at all.
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
};

/** Takes away the lock of a process that is dead; a lock that another took in this moment is given back. */
const clear = (path, holder) => {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
    if (read(aside) !== holder) take(path, aside);
    rmSync(aside, { force: true });
  } catch {
    // Another process was faster.
  }
};

/**
 * Waits for the lock, holds it while `work` runs, gives it back.
 *
 * @template T
 * @param {string} path of the lock file
 * @param {(line: string) => void} say told once when it has to wait
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const withLock = async (path, say, work) => {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, `${process.pid}\n`);
  let told = false;
  try {
    while (!take(path, mine)) {
      const holder = read(path);
      if (holder !== null && !isAlive(Number(holder))) clear(path, holder);
      else if (!told && holder !== null) {
        say(
          `waiting for process ${holder.trim()}, which prepares this checkout (remove ${path} if it does not)`,
        );
        told = true;
      }
      await delay(100);
    }
    try {
      return await work();
    } finally {
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
};
