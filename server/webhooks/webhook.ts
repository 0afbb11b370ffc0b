// A webhook and its row: where alarms are posted, and what signs them.
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Webhook as Row } from '../../prisma/generated/client.ts';
import { type AlarmKind, isAlarmKind } from './alarms.ts';
import type { Seal } from './seal.ts';

/** `until`: when it signs no longer; null: the one of now. */
export type Secret = { text: string; until: Date | null };

export const disabledReasons = ['BY_OPERATOR', 'GONE', 'FAILING'] as const;
export type DisabledReason = (typeof disabledReasons)[number];

export type Webhook = {
  id: string;
  name: string;
  /** It may hold a secret; null: it cannot be read, for the server's key is not the one that sealed it. */
  url: string | null;
  /** Of the address: all that logs and records show of it. */
  host: string;
  /** The newest first; none: they cannot be read. */
  secrets: readonly Secret[];
  alarms: readonly AlarmKind[];
  /** Cluster ids; null: all, and what is of no cluster. */
  clusters: readonly string[] | null;
  createdAt: Date;
  createdById: string;
  disabled: { at: Date; reason: DisabledReason } | null;
  /** The first failed attempt since one succeeded. */
  failingSince: Date | null;
};

/** As Standard Webhooks has it: 24 to 64 random bytes in base64 behind a prefix. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

const sealedSecrets = z.array(z.object({ sealed: z.string(), until: z.coerce.date().nullable() }));
const texts = z.array(z.string());

export const webhookOf = (row: Row, seal: Seal): Webhook => ({
  id: row.id,
  name: row.name,
  url: seal.open(row.urlSealed, `url ${row.id}`),
  host: row.host,
  secrets: sealedSecrets.parse(JSON.parse(row.secretsJson)).flatMap(({ sealed, until }) => {
    const text = seal.open(sealed, `secret ${row.id}`);
    return text === null ? [] : [{ text, until }];
  }),
  // One that a later version knew is not told by this one.
  alarms: texts.parse(JSON.parse(row.alarmsJson)).filter(isAlarmKind),
  clusters: row.clustersJson === null ? null : texts.parse(JSON.parse(row.clustersJson)),
  createdAt: row.createdAt,
  createdById: row.createdById,
  disabled:
    row.disabledAt === null
      ? null
      : { at: row.disabledAt, reason: (row.disabledReason ?? 'BY_OPERATOR') as DisabledReason },
  failingSince: row.failingSince,
});

/** The columns of what is given. */
export const columnsOf = (id: string, given: Partial<Omit<Webhook, 'id'>>, seal: Seal): Partial<Row> => ({
  ...(given.name !== undefined && { name: given.name }),
  ...(typeof given.url === 'string' && { urlSealed: seal.close(given.url, `url ${id}`) }),
  ...(given.host !== undefined && { host: given.host }),
  ...(given.secrets && {
    secretsJson: JSON.stringify(
      given.secrets.map(({ text, until }) => ({ sealed: seal.close(text, `secret ${id}`), until })),
    ),
  }),
  ...(given.alarms && { alarmsJson: JSON.stringify(given.alarms) }),
  ...(given.clusters !== undefined && {
    clustersJson: given.clusters === null ? null : JSON.stringify(given.clusters),
  }),
  ...(given.createdAt && { createdAt: given.createdAt }),
  ...(given.createdById !== undefined && { createdById: given.createdById }),
  ...(given.disabled !== undefined && {
    disabledAt: given.disabled?.at ?? null,
    disabledReason: given.disabled?.reason ?? null,
  }),
  ...(given.failingSince !== undefined && { failingSince: given.failingSince }),
});

/** Whether it is told of this. @param clusterId null: of no cluster. */
export const isToldOf = (webhook: Webhook, kind: AlarmKind, clusterId: string | null): boolean =>
  webhook.disabled === null &&
  webhook.alarms.includes(kind) &&
  (webhook.clusters === null || (clusterId !== null && webhook.clusters.includes(clusterId)));

/** Those that sign now. */
export const signing = ({ secrets }: Webhook, now: Date): string[] =>
  secrets.filter(({ until }) => until === null || until > now).map(({ text }) => text);
