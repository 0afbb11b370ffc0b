// The tasks of a node, read live through a manager. Shapes: GET /tasks of the Docker API.
import { z } from 'zod';
import type { Cluster } from '../clusters/cluster.ts';
import type { Managers } from '../clusters/managers.ts';
import type { Commands } from '../hosts/commands.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value || null);

const engineTask = z
  .object({
    ID: z.string(),
    ServiceID: text,
    NodeID: text,
    Slot: z.number().nullish(),
    DesiredState: z.string(),
    CreatedAt: z.string(),
    UpdatedAt: z.string(),
    Spec: z.object({ ContainerSpec: z.object({ Image: text }).nullish() }).nullish(),
    Status: z.object({ State: z.string(), Message: text, Err: text }),
  })
  .transform((task) => ({
    id: task.ID,
    serviceId: task.ServiceID,
    slot: task.Slot ?? null,
    image: task.Spec?.ContainerSpec?.Image ?? null,
    /** What the task is, as observed. */
    state: task.Status.State.toUpperCase(),
    desiredState: task.DesiredState.toUpperCase(),
    message: task.Status.Message,
    error: task.Status.Err,
    createdAt: task.CreatedAt,
    updatedAt: task.UpdatedAt,
  }));

export type Task = z.infer<typeof engineTask>;

const answer = z.object({ tasks: z.array(engineTask) });

/** @throws Failure CLUSTER_UNREACHABLE, or the engine's. */
export const readTasks = async (
  { managers, commands }: { managers: Managers; commands: Commands },
  cluster: Cluster,
  nodeId: string,
): Promise<Task[]> =>
  answer.parse(await commands.read(managers.first(cluster).id, { __typename: 'ReadTasks', node: nodeId }))
    .tasks;
