// What a rotation decides without asking anybody: the name of the new version, and a service's files with it.
import type { ServiceFile } from '../hosts/service-parts.ts';
import { Failure } from '../platform/failure.ts';
import { type Kept, type KeptKind, keptKinds, longestName } from '../secrets/kept.ts';
import type { Service } from './swarm-service.ts';

/**
 * `db-password`, `db-password-v2`, `db-password-v3` …: the first after the old one's that is free.
 * @throws Failure BAD_USER_INPUT when that is longer than a name may be.
 */
export const nextName = (old: string, all: readonly Kept[]): string => {
  const [, stem = old, number = '1'] = /^(.+)-v(\d{1,9})$/.exec(old) ?? [];
  const taken = new Set(all.map(({ name }) => name));
  for (let next = Number(number) + 1; ; next += 1) {
    const name = `${stem}-v${next}`;
    if (taken.has(name)) continue;
    if (name.length <= longestName) return name;
    throw new Failure(
      'BAD_USER_INPUT',
      `${name} is longer than ${longestName} characters`,
      'give the new one a name',
    );
  }
};

/**
 * All of its secrets or configs, the old one's place taken by the new one: same file, owner and mode. A service that has
 * been moved already has the same ones, so that the command is the same after a restart.
 */
export const filesWith = (service: Service, kind: KeptKind, oldId: string, newId: string): ServiceFile[] =>
  service[keptKinds[kind].all].map(({ id, fileName, uid, gid, mode }) => ({
    ref: id === oldId ? newId : id,
    fileName,
    uid,
    gid,
    fileMode: mode,
  }));

export const uses = (service: Service, kind: KeptKind, keptId: string): boolean =>
  service[keptKinds[kind].all].some(({ id }) => id === keptId);

/** A config that is no file is a credential spec of Windows: Skep could not write it as it was. */
export const hasOtherThanFiles = (service: Service, kind: KeptKind): boolean =>
  service[keptKinds[kind].all].some(({ fileName }) => fileName === null);
