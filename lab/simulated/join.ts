// POST /swarm/join: finding the manager, checking the token, becoming a node.
import { advertiseAddress, listenAddress, remoteAddress } from './addresses.ts';
import { ApiError, grpcError, TEXT } from './api-error.ts';
import { noteEffect } from './effects.ts';
import { digestHex, newId, parseJoinToken } from './identifiers.ts';
import { availabilityOf, newMembership } from './init.ts';
import { type JsonObject, textAt, textsAt } from './json-fields.ts';
import { type Availability, type Cluster, canTalk, type Engine, type Role, type World } from './model.ts';
import { addNode } from './nodes.ts';
import { seesLeader } from './quorum.ts';
import { joinRaft } from './roles.ts';

const WORKER_MS = 90;
const MANAGER_MS = 550;
/** swarmkit goes on trying that long before it gives a refusal back. */
const REFUSAL_MS = 10_000;
const ANSWER_LIMIT_MS = 20_000;
const RETRY_MS = 500;

type JoinRequest = {
  readonly remote: string;
  /** Undefined: no token was given. */
  readonly token: { digest: string; secret: string } | undefined;
  readonly availability: Availability;
  readonly address: string;
  readonly listenAddr: string;
};

const parseRequest = (engine: Engine, body: JsonObject): JoinRequest => {
  const listen = textAt(body, 'ListenAddr');
  if (listen === '') throw new ApiError(400, 'invalid ListenAddr "": invalid empty address');
  const [remote] = textsAt(body, 'RemoteAddrs');
  if (remote === undefined) throw new ApiError(400, 'at least 1 RemoteAddr is required to join');
  const listenAddr = listenAddress(engine, listen);
  let address = engine.address;
  try {
    address = advertiseAddress(engine, textAt(body, 'AdvertiseAddr'));
  } catch {
    // The engine ignores an address that makes no sense here: the manager sees the real one anyway.
  }
  const availability = availabilityOf(body);
  const text = textAt(body, 'JoinToken');
  const token = parseJoinToken(text);
  if (text !== '' && !token) throw new ApiError(500, 'invalid join token');
  return { remote, token, availability, address, listenAddr };
};

/** What answers at the address: a swarm with a leader, a closed port, or nothing. */
const dial = (world: World, engine: Engine, remote: string): Cluster | 'closed' | 'silent' => {
  const { host, port } = remoteAddress(remote);
  const target = [...world.engines].find((other) => other.address === host);
  if (!target?.powered || engine.cable === 'cut' || target.cable === 'cut' || target.process === 'paused')
    return 'silent';
  const { membership } = target;
  if (target.process === 'stopped' || port !== '2377') return 'closed';
  if (membership?.state !== 'active' || membership.role !== 'manager') return 'closed';
  const answers = seesLeader(world, membership.cluster, target) && canTalk(engine, target);
  return answers ? membership.cluster : 'silent';
};

const closedPort = (engine: Engine, remote: string): ApiError => {
  const { host, port } = remoteAddress(remote);
  const colon = engine.profile.strictBody ? ':' : '';
  return grpcError(
    'Unavailable',
    `connection error: desc = "transport: Error while dialing${colon} dial tcp ${host}:${port}: connect: connection refused"`,
  );
};

const refusal = (cluster: Cluster, token: JoinRequest['token']): ApiError | undefined => {
  const digest = token && digestHex(token.digest);
  if (digest !== undefined && digest !== Buffer.from(cluster.ca.digest).toString('hex')) {
    return new ApiError(500, `remote CA does not match fingerprint. Expected: ${digest}`);
  }
  if (token && Object.values(cluster.secrets).includes(token.secret)) return undefined;
  return grpcError('InvalidArgument', 'A valid join token is necessary to join this cluster');
};

const enter = async (world: World, engine: Engine, cluster: Cluster, request: JoinRequest): Promise<void> => {
  const role: Role = request.token?.secret === cluster.secrets.manager ? 'manager' : 'worker';
  await world.clock.wait(role === 'worker' ? WORKER_MS : MANAGER_MS);
  const membership = newMembership(cluster, newId(), request.listenAddr);
  engine.membership = membership;
  const spec = { Labels: {}, Role: role, Availability: request.availability };
  const node = addNode(world, cluster, engine, { id: membership.nodeId, address: request.address, spec });
  const about = { through: engine.hostname, cluster: cluster.id, subject: node.id };
  noteEffect(world, { ...about, path: 'joined', old: false, new: true });
  if (role === 'manager') joinRaft(world, cluster, node);
};

const attempt = async (
  world: World,
  engine: Engine,
  request: JoinRequest,
  stopped: () => boolean,
): Promise<void> => {
  const startMs = world.clock.nowMs();
  const refuse = async (error: ApiError): Promise<never> => {
    await world.clock.wait(startMs + REFUSAL_MS - world.clock.nowMs());
    throw error;
  };
  while (!stopped()) {
    const found = dial(world, engine, request.remote);
    if (found === 'closed') return refuse(closedPort(engine, request.remote));
    if (found !== 'silent') {
      const error = refusal(found, request.token);
      return error ? refuse(error) : enter(world, engine, found, request);
    }
    await world.clock.wait(RETRY_MS);
  }
};

/** @throws ApiError as the engine: at once for a bad request, after 10 s for a refusal, after 20 s for silence */
export const joinSwarm = async (world: World, engine: Engine, body: JsonObject): Promise<void> => {
  if (engine.membership || engine.pendingJoin) throw new ApiError(503, TEXT.alreadyInSwarm);
  const request = parseRequest(engine, body);
  let stopped = false;
  const pending = {
    remote: request.remote,
    stop: () => {
      stopped = true;
      if (engine.pendingJoin === pending) engine.pendingJoin = undefined;
    },
  };
  engine.pendingJoin = pending;
  const joined = attempt(world, engine, request, () => stopped).finally(pending.stop);
  const limit = world.clock.wait(ANSWER_LIMIT_MS).then(() => {
    if (engine.pendingJoin === pending) throw new ApiError(503, TEXT.joinTimeout);
  });
  // The loser of the race may still fail, with nobody left to hear it.
  limit.catch(() => {});
  joined.catch(() => {});
  await Promise.race([joined, limit]);
};
