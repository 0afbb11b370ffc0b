// Clients that change clusters all the time, and write down what they asked and what they were told.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, post } from '../../lab/client.ts';
import { at } from '../support/at.ts';
import { documentOf } from '../support/perform.ts';
import type { Arena } from './arena.ts';

/** One call, from its first attempt to its answer. */
export type Call = {
  client: number;
  mutation: string;
  input: Record<string, any>;
  /** When it was first sent and when it was answered, in milliseconds since 1970. */
  from: number;
  until: number;
  attempts: number;
  /** The operation as it was answered; null: an error, or never answered. */
  operation: Record<string, any> | null;
  error: { code: string; message: string } | null;
};

export type Clients = {
  calls: readonly Call[];
  /** How many calls have been answered. */
  answered(): number;
  /** How many calls wait for their answer now. */
  inFlight(): number;
  /** Begins to ask; the clients that are running go on. */
  start(): void;
  /** Begins nothing any more, and settles when all calls are answered. */
  stop(): Promise<void>;
};

type Seen = {
  nodes: { id: string; cluster: string; role: string; state: string; hostId: string | null }[];
  hosts: { id: string; localState: string | null }[];
};

const clientCount = 4;
/** A server that is killed all the time is still there in between. */
const patienceMs = 900_000;
const retryMs = 150;
/** Beyond `waitSeconds`; then it asks again, by the same idempotency key, as any client should. */
const answerMs = 30_000;
/** What the server offers now. */
const contract = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
const every = {
  labels: 8,
  availability: 4,
  promote: 3,
  demote: 3,
  rotate: 1,
  reveal: 1,
  leave: 1,
  join: 2,
  remove: 1,
  cancel: 1,
  drain: 2,
  decommission: 1,
  settings: 1,
  rotateCa: 0.5,
  rename: 1,
  key: 1,
};
type Kind = keyof typeof every;
const kinds = (Object.keys(every) as Kind[]).flatMap((kind) =>
  Array<Kind>(Math.round(2 * every[kind])).fill(kind),
);

const look = async ({ system, clusters }: Arena): Promise<Seen> => {
  const answer = await system.ask(
    '{ nodes(first: 1000) { edges { node { id role cluster { id } status { state } host { id } } } } hosts(first: 1000) { edges { node { id swarm { localState } } } } }',
  );
  return {
    nodes: answer.nodes.edges
      .map(({ node }: Record<string, any>) => ({
        id: node.id,
        cluster: node.cluster.id,
        role: node.role,
        state: node.status.state,
        hostId: node.host?.id ?? null,
      }))
      .filter(({ cluster }: { cluster: string }) => clusters.includes(cluster)),
    hosts: answer.hosts.edges.map(({ node }: Record<string, any>) => ({
      id: node.id,
      localState: node.swarm?.localState ?? null,
    })),
  };
};

export const createClients = (arena: Arena): Clients => {
  const { random, system } = arena;
  const calls: Call[] = [];
  let numbered = 0;
  let waiting = 0;
  let running = false;
  let workers: Promise<void>[] = [];

  /** A change that makes sense as things were seen; null: none of this kind does. */
  const choose = (kind: Kind, seen: Seen): [mutation: string, input: Record<string, any>] | null => {
    const cluster = random.pick(arena.clusters);
    const own = seen.nodes.filter((node) => node.cluster === cluster);
    if (own.length === 0) return null;
    const some = (of: typeof own, most: number): string[] => {
      const wanted = Math.min(of.length, 1 + random.below(most));
      const left = [...of];
      return Array.from({ length: wanted }, () => at(left.splice(random.below(left.length), 1), 0).id);
    };
    const override = random.below(3) === 0 ? ['NO_FAULT_TOLERANCE', 'LAST_ACTIVE_NODE'] : [];
    const managers = own.filter(({ role }) => role === 'MANAGER');
    const workersNow = own.filter(({ role }) => role === 'WORKER');
    switch (kind) {
      case 'labels':
        return [
          'updateNodeLabels',
          random.below(5) === 0
            ? { cluster, nodes: some(own, 2), remove: [`k${random.below(4)}`] }
            : { cluster, nodes: some(own, 3), set: [{ key: `k${random.below(4)}`, value: `v${numbered}` }] },
        ];
      case 'availability':
        return [
          'setNodeAvailability',
          {
            cluster,
            nodes: some(own, 2),
            availability: random.pick(['DRAIN', 'ACTIVE', 'ACTIVE', 'PAUSE']),
            override,
          },
        ];
      case 'promote':
        return workersNow.length === 0 ? null : ['promoteNodes', { cluster, nodes: some(workersNow, 2) }];
      case 'demote':
        return managers.length === 0
          ? null
          : ['demoteNodes', { cluster, nodes: some(managers, 2), override }];
      case 'rotate':
        return ['rotateJoinToken', { cluster, role: random.pick(['WORKER', 'MANAGER']) }];
      case 'reveal':
        return ['revealJoinToken', { cluster, role: random.pick(['WORKER', 'MANAGER']) }];
      case 'leave': {
        const hosts = own.flatMap(({ hostId, state }) => (hostId && state === 'READY' ? [hostId] : []));
        return hosts.length === 0 ? null : ['leaveSwarm', { hosts: [random.pick(hosts)], override }];
      }
      case 'join': {
        const free = seen.hosts.filter(({ localState }) => localState === 'INACTIVE');
        const host = free.length === 0 ? null : random.pick(free).id;
        return host === null
          ? null
          : [
              'joinHosts',
              {
                cluster,
                hosts: [{ host, labels: [{ key: 'k0', value: `v${numbered}` }] }],
                role: random.pick(['WORKER', 'MANAGER']),
              },
            ];
      }
      case 'remove': {
        const gone = own.filter(({ state }) => state === 'DOWN');
        if (gone.length > 0) return ['removeNodes', { cluster, nodes: some(gone, 1) }];
        return workersNow.length > 1 && random.below(3) === 0
          ? ['removeNodes', { cluster, nodes: some(workersNow, 1), force: true, override }]
          : null;
      }
      case 'cancel': {
        const open = calls.findLast(({ operation }) => operation !== null && operation.endedAt === null);
        return open?.operation ? ['cancelOperation', { id: open.operation.id }] : null;
      }
      case 'drain':
        return [
          'drainNodes',
          { cluster, nodes: some(own, 2), deadlineSeconds: 5 + random.below(20), override },
        ];
      case 'decommission':
        return contract.includes(' decommissionNodes(') && workersNow.length > 1
          ? ['decommissionNodes', { cluster, nodes: some(workersNow, 1), override, deadlineSeconds: 20 }]
          : null;
      case 'settings':
        return ['updateCluster', { cluster, taskHistoryLimit: 1 + random.below(20) }];
      case 'rotateCa':
        return ['rotateCA', { cluster, deadlineSeconds: 20 }];
      case 'rename':
        return ['renameHost', { id: random.pick(seen.hosts).id, name: `host-${numbered}` }];
      case 'key':
        return ['createApiKey', { name: `key ${numbered}`, role: 'VIEWER' }];
      default:
        return kind satisfies never;
    }
  };

  const send = async (call: Call): Promise<Answer | null> => {
    try {
      const { body } = await post(
        system.server.url,
        system.server.adminKey,
        documentOf(call.mutation),
        { input: call.input },
        call.input.waitSeconds * 1_000 + answerMs,
      );
      return body;
    } catch (error) {
      const { idempotencyKey } = call.input;
      arena.note('clients', { attempt: call.attempts, of: idempotencyKey, failed: String(error) });
      return null;
    }
  };

  /** Asks until there is an answer; always with the same key, so that it is one intent. */
  const ask = async (call: Call): Promise<void> => {
    arena.note('clients', { invoke: call.input.idempotencyKey, mutation: call.mutation, input: call.input });
    for (; Date.now() - call.from < patienceMs; call.attempts += 1) {
      const answer = await send(call);
      call.error = null;
      if (answer === null) {
        await delay(retryMs);
        continue;
      }
      const [error] = answer.errors ?? [];
      if (error) call.error = { code: String(error.extensions?.code), message: error.message };
      const data = answer.data?.[call.mutation] as Record<string, any> | undefined;
      call.operation = data ? (data.operation ?? data) : null;
      for (const secret of [data?.token, data?.key, data?.secret])
        if (typeof secret === 'string') arena.secrets.add(secret);
      // Said to be temporary: the intent could not be recorded, so nothing was done.
      if (call.error?.code !== 'AUDIT_UNAVAILABLE') break;
      await delay(retryMs);
    }
    call.until = Date.now();
    const { id, state, failure } = call.operation ?? {};
    arena.note('clients', { answer: call.input.idempotencyKey, id, state, failure, error: call.error });
  };

  const work = async (client: number): Promise<void> => {
    while (running) {
      const seen = await look(arena).catch(() => null);
      const chosen = seen && choose(random.pick(kinds), seen);
      if (!chosen) {
        await delay(retryMs);
        continue;
      }
      const [mutation, own] = chosen;
      numbered += 1;
      const call: Call = {
        client,
        mutation,
        input: {
          ...own,
          idempotencyKey: `call ${numbered}`,
          reason: `chaos ${numbered}`,
          waitSeconds: random.pick([0, 2, 10, 20]),
        },
        from: Date.now(),
        until: 0,
        attempts: 0,
        operation: null,
        error: null,
      };
      calls.push(call);
      waiting += 1;
      await ask(call).finally(() => {
        waiting -= 1;
      });
    }
  };

  return {
    calls,
    answered: () => calls.length - waiting,
    inFlight: () => waiting,
    start: () => {
      if (running) return;
      running = true;
      workers = Array.from({ length: clientCount }, (_, client) => work(client));
    },
    stop: async () => {
      running = false;
      await Promise.all(workers);
    },
  };
};
