// The engine's own word, straight from its socket: what tests check Skep's against.
import { callEngine } from '../../lab/engines/engine-http.ts';
import type { LabHost } from '../../lab/host.ts';

export type EngineApi = {
  get(path: string): Promise<any>;
  /** Status and body; refused calls too. A join may take 20 seconds. */
  post(path: string, body?: object): Promise<{ status: number; text: string }>;
  /** GET /nodes, by hostname. */
  nodes(): Promise<Record<string, any>>;
};

export const engineOf = ({ socketPath }: Pick<LabHost, 'socketPath'>): EngineApi => {
  const get = async (path: string): Promise<any> => {
    const { status, text } = await callEngine(socketPath, { path });
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text);
  };
  return {
    get,
    post: (path, body = {}) => callEngine(socketPath, { method: 'POST', path, body }),
    nodes: async () => {
      const nodes: any[] = await get('/nodes');
      return Object.fromEntries(nodes.map((node) => [node.Description.Hostname, node]));
    },
  };
};

/** What people set on a swarm: unchanged when a refused operation changed nothing. */
export const setByPeople = async ({ get }: EngineApi): Promise<unknown> => {
  const [nodes, swarm] = [(await get('/nodes')) as any[], await get('/swarm')];
  return {
    nodes: nodes.map(({ ID, Spec }) => ({ ID, Spec })),
    swarm: { ID: swarm.ID, Spec: swarm.Spec, JoinTokens: swarm.JoinTokens },
  };
};
