// The steps that tests of the contract share: forming a swarm, joining it, waiting for what the swarm shows.
import { expect, vi } from 'vitest';
import type { Member } from './describe-contract.ts';
import type { EngineNode } from './engine-shapes.ts';

/** The port of a manager and the address to listen on. */
export const LISTEN = { ListenAddr: '0.0.0.0:2377' } as const;

/** Longest wait for something that real engines take up to a minute for. */
export const SLOW_MS = 90_000;

/** Waits until the check stops throwing. */
export const until = <T>(check: () => Promise<T> | T, timeoutMs = SLOW_MS): Promise<T> =>
  vi.waitFor(check, { timeout: timeoutMs, interval: 25 });

/** `address:port` of a manager. */
export const remoteOf = ({ host }: Member): string => `${host.address}:2377`;

/** The node id that an engine has now. */
export const idOf = async ({ api }: Member): Promise<string> => (await api.info()).Swarm.NodeID;

/** Joins with the token of the role and returns the node id. */
export const join = async (
  member: Member,
  manager: Member,
  role: 'Worker' | 'Manager',
  options: { Availability?: string } = {},
): Promise<string> => {
  const { JoinTokens } = await manager.api.swarm();
  const body = { ...LISTEN, RemoteAddrs: [remoteOf(manager)], JoinToken: JoinTokens[role], ...options };
  const answer = await member.api.call('POST', '/swarm/join', body);
  expect(answer).toMatchObject({ status: 200, text: '' });
  return idOf(member);
};

/** Begins a swarm whose silent nodes are Down within seconds, and returns the node id. */
export const init = async ({ api }: Member): Promise<string> => {
  const answer = await api.call('POST', '/swarm/init', LISTEN);
  expect(answer.status).toBe(200);
  const { Spec, Version } = await api.swarm();
  const spec = { ...Spec, Dispatcher: { HeartbeatPeriod: 1e9 } };
  expect((await api.call('POST', `/swarm/update?version=${Version.Index}`, spec)).status).toBe(200);
  return JSON.parse(answer.text);
};

/** Waits until a node is in a state, as this manager tells it. */
export const untilState = (
  manager: Member,
  id: string,
  state: string,
  timeoutMs = SLOW_MS,
): Promise<EngineNode> =>
  until(async () => {
    const node = await manager.api.node(id);
    expect(node.Status.State).toBe(state);
    return node;
  }, timeoutMs);

/**
 * Waits until a node whose engine was started is Ready. Real engines of every version now and then leave such a node Down
 * for minutes; what helps is what helps a person: to start its engine once more.
 */
export const untilBack = async (manager: Member, member: Member, id: string): Promise<void> => {
  await untilState(manager, id, 'ready', SLOW_MS / 2).catch(async () => {
    await member.host.stop();
    await member.host.start();
    await untilState(manager, id, 'ready');
  });
};

/** Changes parts of a node's spec with the version just read; asks again when somebody else was faster. */
export const change = async (manager: Member, id: string, parts: Record<string, unknown>): Promise<void> => {
  await until(async () => {
    const node = await manager.api.node(id);
    const answer = await manager.api.updateNode(id, { ...node.Spec, ...parts }, node.Version.Index);
    expect(answer).toMatchObject({ status: 200 });
  });
};

/** Promotes a node and waits until the raft group counts it and its own socket takes cluster calls. */
export const promote = async (manager: Member, member: Member): Promise<void> => {
  const id = await idOf(member);
  await change(manager, id, { Role: 'manager' });
  await until(async () => {
    expect((await manager.api.node(id)).ManagerStatus?.Reachability).toBe('reachable');
    expect((await member.api.call('GET', '/nodes')).status).toBe(200);
  });
};
