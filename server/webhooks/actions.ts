// Making, changing and deleting webhooks. Their addresses and secrets stand in no record.
import * as z from 'zod';
import { within } from '../access/api-keys.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import { type Action, allClear, refused, type Verdict } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { AlarmKind } from './alarms.ts';
import type { Deliver } from './deliver.ts';
import type { Deliveries } from './deliveries.ts';
import { addressInput, alarmsInput, clustersInput, webhookName } from './input.ts';
import type { Webhooks } from './registry.ts';
import type { Seal } from './seal.ts';
import { newSecret, type Webhook } from './webhook.ts';

export type WebhookParts = {
  webhooks: Webhooks;
  deliveries: Deliveries;
  deliver: Deliver;
  clusters: Clusters;
  seal: Seal;
  scopeOf: ScopeOf;
  linkLocalAllowed: boolean;
  clock: Clock;
};

/** The secret of a webhook, for its payload: shown once. */
export type Shown = { id: string; secret: string };

const target = ({ id, name }: { id: string; name: string }) => ({ kind: 'WEBHOOK', id, name });
export const hostOf = (url: string): string => new URL(url).host;

/** @throws Failure NOT_FOUND, also where it is out of scope. */
export const findWebhook = (
  { webhooks, scopeOf }: Pick<WebhookParts, 'webhooks' | 'scopeOf'>,
  id: string,
  requester: Parameters<ScopeOf>[0],
): Webhook => {
  const webhook = webhooks.find(id);
  if (!webhook || !within(webhook.clusters, scopeOf(requester)))
    throw new Failure('NOT_FOUND', `no webhook ${id}`, 'list webhooks');
  return webhook;
};

/** Where an act on it is authorised: a cluster of it, for who holds the permission for clusters alone. */
export const placed = (webhook: Webhook, scope: readonly string[] | null, locks: readonly string[] = []) => ({
  clusterId: scope === null ? null : (webhook.clusters?.[0] ?? null),
  targets: [target(webhook)],
  locks: [`webhook:${webhook.id}`, ...locks],
});

/** @throws Failure NOT_FOUND of a cluster that is not there or not seen; FORBIDDEN when all are asked for by who sees some. */
const checkClusters = (
  { clusters, scopeOf }: WebhookParts,
  wanted: readonly string[] | null,
  requester: Parameters<ScopeOf>[0],
): void => {
  const scope = scopeOf(requester);
  if (wanted === null && scope !== null)
    throw new Failure('FORBIDDEN', 'your key does not see all clusters', 'name those in input.clusters');
  const missing = wanted?.find((id) => !clusters.find(id) || (scope !== null && !scope.includes(id)));
  if (missing !== undefined) throw new Failure('NOT_FOUND', `no cluster ${missing}`, 'list clusters');
};

/**
 * Plain HTTP leads to the server's own machine, where an engine may listen that asks nobody who it is.
 * @throws Failure FORBIDDEN
 */
const checkAddress = ({ scopeOf }: WebhookParts, url: string, requester: Parameters<ScopeOf>[0]): void => {
  if (new URL(url).protocol === 'http:' && scopeOf(requester) !== null)
    throw new Failure(
      'FORBIDDEN',
      'your key does not see all clusters: it may not let the server post to this machine',
      'give an https address',
    );
};

/** More would be a mistake: each is told of each alarm. */
const mostWebhooks = 100;

/** One lock for all names: two of the same are refused, whoever comes first. */
const nameLock = 'webhooks';
const judgeName = ({ webhooks }: WebhookParts, name: string | null, id: string): Verdict => {
  const other = name === null ? null : webhooks.ofName(name);
  return other && other.id !== id
    ? refused(new Failure('NAME_TAKEN', `another webhook is called ${name}`, 'choose another name'))
    : allClear;
};

type CreateInput = { name: string; url: string; alarms: AlarmKind[]; clusters: string[] | null };
/** The address is sealed: the plan stands in the database. */
type CreatePlan = Omit<CreateInput, 'url'> & { id: string; sealed: string; host: string };

export const createWebhookAction = (parts: WebhookParts): Action<CreateInput, CreatePlan, Shown | null> => ({
  name: 'createWebhook',
  permission: 'webhook:write',
  input: z.object({
    name: webhookName,
    url: addressInput(parts.linkLocalAllowed),
    alarms: alarmsInput,
    clusters: clustersInput.nullish().transform((list) => list ?? null),
  }) as unknown as z.ZodType<CreateInput>,
  secrets: ['url'],
  named: ({ name }) => [{ kind: 'WEBHOOK', name }],
  resolve: async ({ url, ...input }, requester) => {
    checkAddress(parts, url, requester);
    checkClusters(parts, input.clusters, requester);
    const id = uuidv7();
    const plan = { ...input, id, host: hostOf(url), sealed: parts.seal.close(url, `plan ${id}`) };
    return {
      clusterId: parts.scopeOf(requester) === null ? null : (input.clusters?.[0] ?? null),
      plan,
      targets: [target(plan)],
      locks: [nameLock],
    };
  },
  judge: async ({ name, id }) =>
    parts.webhooks.list().length >= mostWebhooks
      ? refused(new Failure('TOO_MANY', `there are ${mostWebhooks} webhooks already`, 'delete one'))
      : judgeName(parts, name, id),
  act: async (run, { sealed, id, name, host, alarms, clusters }) => {
    let shown: Shown | null = null;
    await run.each(async () => {
      // Made by an earlier process: nobody has its secret, and rotateWebhookSecret gives another.
      if (parts.webhooks.find(id)) return;
      const url = parts.seal.open(sealed, `plan ${id}`);
      if (url === null) throw new Failure('INTERRUPTED', 'the server’s key has changed since', 'ask again');
      const secret = newSecret();
      await parts.webhooks.create({
        id,
        name,
        url,
        host,
        secrets: [{ text: secret, until: null }],
        alarms,
        clusters,
        createdAt: parts.clock.now(),
        createdById: run.operation.actor.id,
        disabled: null,
        failingSince: null,
      });
      run.changed(id, [{ path: 'host', old: null, new: host }]);
      shown = { id, secret };
    });
    return shown;
  },
});

type UpdateInput = {
  id: string;
  name: string | null;
  url: string | null;
  alarms: AlarmKind[] | null;
  clusters: string[] | null;
  allClusters: boolean;
  enabled: boolean | null;
};
type UpdatePlan = Omit<UpdateInput, 'url'> & { sealed: string | null; host: string | null };

const orNull = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

export const updateWebhookAction = (parts: WebhookParts): Action<UpdateInput, UpdatePlan> => ({
  name: 'updateWebhook',
  permission: 'webhook:write',
  input: z
    .object({
      id: z.string().min(1),
      name: orNull(webhookName),
      url: orNull(addressInput(parts.linkLocalAllowed)),
      alarms: orNull(alarmsInput),
      clusters: orNull(clustersInput),
      allClusters: z
        .boolean()
        .nullish()
        .transform((value) => value ?? false),
      enabled: orNull(z.boolean()),
    })
    .refine(({ clusters, allClusters }) => clusters === null || !allClusters, {
      path: ['allClusters'],
      message: 'contradicts clusters; leave one out',
    })
    .refine(
      ({ id: _, allClusters, ...rest }) => allClusters || Object.values(rest).some((value) => value !== null),
      { path: ['id'], message: 'is all that is given; say what is to change' },
    ) as unknown as z.ZodType<UpdateInput>,
  secrets: ['url'],
  named: ({ id }) => [{ kind: 'WEBHOOK', name: id }],
  resolve: async ({ url, ...input }, requester) => {
    const webhook = findWebhook(parts, input.id, requester);
    if (url !== null) checkAddress(parts, url, requester);
    if (input.clusters || input.allClusters) checkClusters(parts, input.clusters, requester);
    return {
      ...placed(webhook, parts.scopeOf(requester), [nameLock]),
      plan: {
        ...input,
        host: url === null ? null : hostOf(url),
        sealed: url === null ? null : parts.seal.close(url, `plan ${input.id}`),
      },
    };
  },
  judge: async ({ name, id }) => judgeName(parts, name, id),
  act: (run, { id, name, sealed, host, alarms, clusters, allClusters, enabled }) =>
    run.each(async () => {
      const url = sealed === null ? null : parts.seal.open(sealed, `plan ${id}`);
      if (sealed !== null && url === null)
        throw new Failure('INTERRUPTED', 'the server’s key has changed since', 'ask again');
      const before = parts.webhooks.find(id);
      if (!before) throw new Failure('NOT_FOUND', `no webhook ${id}`, 'list webhooks');
      const now = parts.clock.now();
      await parts.webhooks.change(
        id,
        ({ disabled }) => ({
          ...(name !== null && { name }),
          ...(url !== null && host !== null && { url, host }),
          ...(alarms && { alarms }),
          ...((clusters || allClusters) && { clusters }),
          ...(enabled === true && { disabled: null, failingSince: null }),
          ...(enabled === false && { disabled: disabled ?? { at: now, reason: 'BY_OPERATOR' as const } }),
        }),
        async (tx, _, after) => {
          if (after.disabled) parts.deliveries.giveUp(tx, id, now);
          // Whoever sees these clusters alone may give another address from now on.
          else if (clusters) parts.deliveries.giveUpBeyond(tx, id, clusters, now);
        },
      );
      if (host !== null) run.changed(id, [{ path: 'host', old: before.host, new: host }]);
    }),
});

/** Secrets that sign at once: each makes every header longer. */
const mostSecrets = 5;
const hourMs = 3_600_000;

type RotateInput = { id: string; overlapHours: number };

export const rotateWebhookSecretAction = (
  parts: WebhookParts,
): Action<RotateInput, RotateInput & { sealed: string }, Shown | null> => ({
  name: 'rotateWebhookSecret',
  permission: 'webhook:write',
  input: z.object({
    id: z.string().min(1),
    overlapHours: z
      .number()
      .min(0)
      .max(720)
      .nullish()
      .transform((hours) => hours ?? 24),
  }) as unknown as z.ZodType<RotateInput>,
  named: ({ id }) => [{ kind: 'WEBHOOK', name: id }],
  resolve: async (input, requester) => ({
    ...placed(findWebhook(parts, input.id, requester), parts.scopeOf(requester)),
    // In the plan, so that a server that goes on does not take away the one before by making another.
    plan: { ...input, sealed: parts.seal.close(newSecret(), `plan ${input.id}`) },
  }),
  judge: async () => allClear,
  act: async (run, { id, overlapHours, sealed }) => {
    let shown: Shown | null = null;
    await run.each(async () => {
      const secret = parts.seal.open(sealed, `plan ${id}`);
      if (secret === null)
        throw new Failure('INTERRUPTED', 'the server’s key has changed since', 'ask again');
      const now = parts.clock.now();
      const until = new Date(now.getTime() + overlapHours * hourMs);
      const after = await parts.webhooks.change(id, ({ secrets }) =>
        secrets.some(({ text }) => text === secret)
          ? null
          : {
              secrets: [
                { text: secret, until: null },
                ...secrets
                  .map((old) => ({
                    text: old.text,
                    until: old.until && old.until < until ? old.until : until,
                  }))
                  .filter((old) => old.until > now),
              ].slice(0, mostSecrets),
            },
      );
      if (!after && !parts.webhooks.find(id))
        throw new Failure('NOT_FOUND', `no webhook ${id}`, 'list webhooks');
      if (!run.resumed) shown = { id, secret };
    });
    return shown;
  },
});

export const deleteWebhookAction = (parts: WebhookParts): Action<{ id: string }, { id: string }> => ({
  name: 'deleteWebhook',
  permission: 'webhook:write',
  input: z.object({ id: z.string().min(1) }),
  named: ({ id }) => [{ kind: 'WEBHOOK', name: id }],
  resolve: async ({ id }, requester) => ({
    ...placed(findWebhook(parts, id, requester), parts.scopeOf(requester)),
    plan: { id },
  }),
  judge: async () => allClear,
  act: (run, { id }) => run.each(() => parts.webhooks.remove(id)),
});
