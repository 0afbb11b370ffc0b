// The tasks of a node, read live through a manager. Shapes: GET /tasks of the Docker API.
import * as z from 'zod';
import type { Commands } from '../hosts/commands.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value || null);

export const engineTask = z
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
    nodeId: task.NodeID,
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

/** Observed states that a task does not leave again (swarmkit api/types.proto, TaskState). */
const endedStates: ReadonlySet<string> = new Set([
  'COMPLETE',
  'SHUTDOWN',
  'FAILED',
  'REJECTED',
  'REMOVE',
  'ORPHANED',
]);

/** Whether it is, or may be, still running: what was observed counts, never what is wished for. */
export const hasNotEnded = ({ state }: Pick<Task, 'state'>): boolean => !endedStates.has(state);

/** Through this host's engine, which must be a manager's. @throws Failure HOST_OFFLINE, or the engine's. */
export const readTasks = async (commands: Commands, hostId: string, nodeId: string): Promise<Task[]> =>
  answer.parse(await commands.read(hostId, { __typename: 'ReadTasks', node: nodeId })).tasks;
