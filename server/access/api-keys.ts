// API keys: what frontends and scripts present. Kept hashed; the few that exist live in memory too.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { ApiKey as Row } from '../../prisma/generated/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import { createEndings } from './endings.ts';
import type { Holder, Known } from './holders.ts';
import { isPermission, permissions, type RoleName } from './permissions.ts';

export type ApiKey = Holder & {
  kind: 'API_KEY';
  createdAt: Date;
  /** Id of the actor that made it; null: the first start. */
  createdById: string | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
};

export type NewKey = Pick<ApiKey, 'name' | 'role' | 'permissions' | 'clusters' | 'expiresAt' | 'createdById'>;

export type ApiKeys = Pick<Known, 'isValid' | 'onEnd'> & {
  /** The key of a presented text, when it is valid now. */
  authenticate(presented: string): ApiKey | null;
  use(id: string): ApiKey | null;
  find(id: string): ApiKey | null;
  list(): readonly ApiKey[];
  /** @returns the text to present, shown once. */
  create(id: string, key: NewKey): Promise<{ key: ApiKey; secret: string }>;
  revoke(id: string): Promise<void>;
};

/** `skep_key_<id>_<secret>`: the prefix lets secret scanners find it. */
const pattern = /^skep_key_([a-z0-9]{8})_([A-Za-z0-9_-]{43})$/;
const lists = { permissions: z.array(z.string()), clusters: z.array(z.string()) };
const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');
/** The last use is told to the minute: a write for each request would cost more than it tells. */
const lastUsedStepMs = 60_000;

const keyOf = (row: Row): ApiKey => ({
  kind: 'API_KEY',
  id: row.id,
  name: row.name,
  role: row.role as RoleName,
  permissions: lists.permissions.parse(JSON.parse(row.permissionsJson)).filter(isPermission),
  clusters: row.clustersJson === null ? null : lists.clusters.parse(JSON.parse(row.clustersJson)),
  createdAt: row.createdAt,
  createdById: row.createdById,
  expiresAt: row.expiresAt,
  lastUsedAt: row.lastUsedAt,
  revokedAt: row.revokedAt,
});

/** An id for a new key, known before it is made, so that the intent can name it. */
export const newKeyId = (): string => randomBytes(5).readUIntBE(0, 5).toString(36).padStart(8, '0').slice(-8);

/** Whether a key's clusters lie within what the asker sees. One for no cluster lies in no narrower scope. */
export const within = (clusters: readonly string[] | null, scope: readonly string[] | null): boolean =>
  scope === null || (clusters !== null && clusters.length > 0 && clusters.every((id) => scope.includes(id)));

export const createApiKeys = async ({
  db,
  events,
  clock,
}: {
  db: Database;
  events: Events;
  clock: Clock;
}): Promise<ApiKeys> => {
  const rows = await db.read.apiKey.findMany({ orderBy: { createdAt: 'asc' } });
  const keys = new Map<string, { key: ApiKey; hash: Buffer }>(
    rows.map((row) => [row.id, { key: keyOf(row), hash: Buffer.from(row.hash, 'hex') }]),
  );
  const endings = createEndings(clock, (id) => keys.get(id)?.key.expiresAt);

  const valid = (key: ApiKey): boolean =>
    key.revokedAt === null && (key.expiresAt === null || key.expiresAt > clock.now());

  const touch = (entry: { key: ApiKey }): void => {
    const now = clock.now();
    if (entry.key.lastUsedAt && now.getTime() - entry.key.lastUsedAt.getTime() < lastUsedStepMs) return;
    entry.key = { ...entry.key, lastUsedAt: now };
    const { id } = entry.key;
    // Only a convenience: a failure to note it must not fail the request.
    db.write(async (tx) => void (await tx.apiKey.update({ where: { id }, data: { lastUsedAt: now } }))).catch(
      () => undefined,
    );
  };

  return {
    authenticate: (presented) => {
      const [, id, secret] = pattern.exec(presented) ?? [];
      const entry = id === undefined ? undefined : keys.get(id);
      if (!entry || secret === undefined || !timingSafeEqual(sha256(secret), entry.hash) || !valid(entry.key))
        return null;
      touch(entry);
      return entry.key;
    },
    use: (id) => {
      const entry = keys.get(id);
      if (!entry || !valid(entry.key)) return null;
      touch(entry);
      return entry.key;
    },
    find: (id) => keys.get(id)?.key ?? null,
    isValid: (id) => {
      const entry = keys.get(id);
      return entry !== undefined && valid(entry.key);
    },
    list: () => [...keys.values()].map(({ key }) => key),
    create: async (id, { permissions: extra, clusters, ...rest }) => {
      const secret = randomBytes(32).toString('base64url');
      const hash = sha256(secret);
      const data = {
        ...rest,
        id,
        permissionsJson: JSON.stringify(extra),
        clustersJson: clusters === null ? null : JSON.stringify(clusters),
        hash: hash.toString('hex'),
        createdAt: clock.now(),
      };
      const key = await events.transact(
        async (tx) => keyOf(await tx.apiKey.create({ data })),
        (made) => keys.set(id, { key: made, hash }),
      );
      return { key, secret: `skep_key_${id}_${secret}` };
    },
    revoke: async (id) => {
      const revokedAt = clock.now();
      await events.transact(
        async (tx) =>
          void (await tx.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt } })),
        () => {
          const entry = keys.get(id);
          if (entry && !entry.key.revokedAt) entry.key = { ...entry.key, revokedAt };
        },
      );
      endings.ended(id);
    },
    onEnd: endings.onEnd,
  };
};

/** The first key of a new database: every permission, for the person who reads the console of the first start. */
export const firstKey: NewKey = {
  name: 'first admin',
  role: 'admin',
  permissions: Object.keys(permissions).filter(isPermission),
  clusters: null,
  expiresAt: null,
  createdById: null,
};
