// The swarm without Skep: the engine's own API, and the docker CLI where the host has one. The truth that tests compare with.
import { callEngine } from '../../lab/engines/engine-http.ts';
import type { LabHost } from '../../lab/host.ts';

export type EngineNode = {
  ID: string;
  Version: { Index: number };
  Spec: { Role: 'manager' | 'worker'; Availability: string; Labels: Record<string, string> | null };
  Description: { Hostname: string };
  Status: { State: string };
  ManagerStatus?: { Leader?: boolean; Reachability: string; Addr: string };
};

/** Calls a host's engine. @throws Error with the engine's words when it refuses. */
export const callDocker = async <T>(
  host: LabHost,
  method: string,
  path: string,
  body?: object,
): Promise<T> => {
  const answer = await callEngine(host.socketPath, { method, path, ...(body ? { body } : {}) });
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return (answer.text === '' ? null : JSON.parse(answer.text)) as T;
};

export const listNodes = (host: LabHost): Promise<EngineNode[]> => callDocker(host, 'GET', '/nodes');

export const readNode = (host: LabHost, id: string): Promise<EngineNode> =>
  callDocker(host, 'GET', `/nodes/${id}`);

/** Changes a node as the CLI does: reads, writes with the version read, again when it was stale. */
export const changeNode = async (
  host: LabHost,
  id: string,
  change: (spec: EngineNode['Spec']) => Partial<EngineNode['Spec']>,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const { Version, Spec } = await readNode(host, id);
    const spec = { ...Spec, ...change(Spec) };
    const { status, text } = await callEngine(host.socketPath, {
      method: 'POST',
      path: `/nodes/${id}/update?version=${Version.Index}`,
      body: spec,
    });
    if (status < 300) return;
    if (attempt === 10 || !text.includes('out of sequence'))
      throw new Error(`update ${id}: ${status} ${text}`);
  }
};

/** Runs the docker CLI on a host. @throws Error on simulated hosts, which have none. */
export const docker = (host: LabHost, ...command: readonly string[]): Promise<string> => {
  if (!host.exec) throw new Error('a simulated host has no docker CLI');
  return host.exec(['docker', '--host', 'unix:///run/skep/docker.sock', ...command]);
};
