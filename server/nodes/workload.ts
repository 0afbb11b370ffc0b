// What runs in a cluster and what may run where, read live: tasks through a manager, plain containers through the host.
import * as z from 'zod';
import { managersFor, patienceMs } from '../clusters/ask-manager.ts';
import { firstAnswer } from '../clusters/first-answer.ts';
import type { Managers } from '../clusters/managers.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Commands } from '../hosts/commands.ts';
import type { Links } from '../hosts/links.ts';
import type { Hosts } from '../hosts/registry.ts';
import { failureIsNull } from '../platform/failure.ts';
import { readTasks, type Task } from './tasks.ts';

/** What is set aside on a node for a task: reservations, never what it uses. */
const reserved = { nanoCpus: z.number(), memoryBytes: z.number() };

const service = z.object({
  id: z.string(),
  name: z.string(),
  /** Keys of `Spec.Mode`: Replicated, Global, ReplicatedJob or GlobalJob. */
  modes: z.array(z.string()),
  constraints: z.array(z.string()),
  /** Of one node; 0: any number. */
  maxReplicas: z.number(),
  platforms: z.array(z.object({ architecture: z.string(), os: z.string() })),
  ...reserved,
});
/** Of those that are meant to run. */
const task = z.object({
  id: z.string(),
  serviceId: z.string().nullable(),
  nodeId: z.string().nullable(),
  slot: z.number().nullable(),
  state: z.string().transform((state) => state.toUpperCase()),
  ...reserved,
});
const workload = z.object({ services: z.array(service), tasks: z.array(task) });
const containers = z.object({ running: z.number(), standalone: z.number(), names: z.array(z.string()) });

export type Service = z.infer<typeof service>;
export type RunningTask = z.infer<typeof task>;
export type Workload = z.infer<typeof workload>;
/** Running containers of a host that belong to no task: how many, and the names of some. */
export type Standalone = z.infer<typeof containers>;

export type ReadWorkload = {
  /** @throws Failure CLUSTER_UNREACHABLE, NOT_ALLOWED, or the engine's. */
  ofCluster(clusterId: string): Promise<Workload>;
  /** All tasks that the managers know of the node, ended ones too. @throws Failure as above. */
  ofNode(clusterId: string, nodeId: string): Promise<Task[]>;
  /** Null: the node has no connected agent, or its agent may not or could not tell. */
  standalone(nodeId: string): Promise<Standalone | null>;
};

/** A preview that takes longer is worth less than the drain that waits for it. */
const previewMs = 10_000;
const containersMs = 3_000;

export const createReadWorkload = ({
  clusters,
  managers,
  commands,
  hosts,
  links,
}: {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
  hosts: Hosts;
  links: Links;
}): ReadWorkload => {
  const through = async <T>(
    clusterId: string,
    command: 'ReadWorkload' | 'ReadTasks',
    ask: (hostId: string) => Promise<T>,
  ): Promise<T> =>
    firstAnswer(managersFor({ clusters, managers }, clusterId, command), ({ id }) => ask(id), patienceMs);
  return {
    ofCluster: async (clusterId) =>
      through(clusterId, 'ReadWorkload', async (hostId) =>
        workload.parse(await commands.read(hostId, { __typename: 'ReadWorkload', fresh: true }, previewMs)),
      ),
    ofNode: async (clusterId, nodeId) =>
      through(clusterId, 'ReadTasks', (hostId) => readTasks(commands, hostId, nodeId)),
    standalone: async (nodeId) => {
      const host = hosts.ofNode(nodeId);
      if (!host || !links.of(host.id)) return null;
      return commands
        .read(host.id, { __typename: 'ReadContainers', fresh: true }, containersMs)
        .then((answer) => containers.parse(answer))
        .catch(failureIsNull);
    },
  };
};
