// Services, read live through a manager that knows all of their fields.
import * as z from 'zod';
import type { Cluster } from '../clusters/cluster.ts';
import { firstAnswer } from '../clusters/first-answer.ts';
import type { Managers } from '../clusters/managers.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Commands } from '../hosts/commands.ts';
import { engineTask, type Task } from '../nodes/tasks.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { suitableManagers } from './suitable.ts';
import { engineService, type Service } from './swarm-service.ts';

const answer = z.object({
  services: z.array(engineService),
  tasks: z.array(engineTask),
  upToDate: z.array(z.string()),
});

/** `upToDate`: ids of the tasks that are as the present spec has them. `began`: when the read was begun. */
export type ServiceRead = { service: Service; tasks: Task[]; upToDate: ReadonlySet<string>; began: Date };

export type ReadServices = {
  /** All of a cluster, complete. @throws Failure of `suitableManagers`, or the engine's. */
  all(clusterId: string): Promise<Service[]>;
  /** By id or exact name; null: there is none. @throws Failure as `all`. */
  one(clusterId: string, ref: string): Promise<ServiceRead | null>;
  /** Whether they can be read now. */
  reachable(clusterId: string): Promise<boolean>;
};

/** How long a manager may be silent before the next one is asked as well. */
const patienceMs = 2_000;

export const createReadServices = ({
  clusters,
  managers,
  commands,
  clock,
}: {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
  clock: Clock;
}): ReadServices => {
  const clusterOf = (id: string): Cluster => {
    const cluster = clusters.find(id);
    if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${id}`, 'list clusters');
    return cluster;
  };
  const ask = async (clusterId: string, ofService: string | null) => {
    const hosts = suitableManagers(managers, clusterOf(clusterId), ['ReadServices']);
    return firstAnswer(
      hosts,
      async ({ id }) => answer.parse(await commands.read(id, { __typename: 'ReadServices', ofService })),
      patienceMs,
    );
  };
  return {
    all: async (clusterId) => (await ask(clusterId, null)).services,
    one: async (clusterId, ref) => {
      const began = clock.now();
      const { services, tasks, upToDate } = await ask(clusterId, ref);
      const [service] = services;
      return service ? { service, tasks, upToDate: new Set(upToDate), began } : null;
    },
    reachable: (clusterId) =>
      ask(clusterId, '').then(
        () => true,
        () => false,
      ),
  };
};
