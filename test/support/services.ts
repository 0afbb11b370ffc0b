// Services on a swarm, set up behind Skep's back: what gives a drain something to move.
import type { LabHost } from '../../lab/host.ts';
import { callDocker } from './docker.ts';

export type EngineTask = {
  ID: string;
  ServiceID: string;
  NodeID?: string;
  Slot?: number;
  DesiredState: string;
  Status: { State: string };
};

/** Ends at once when it is asked to. */
export const obedient = ['sh', '-c', 'trap "exit 0" TERM; sleep 86400 & wait'];
/** Never does: it is killed when its grace is over, 10 seconds if not said otherwise. */
export const stubborn = ['sleep', '100000'];

/** @returns the service's id. */
export const createService = async (
  manager: LabHost,
  {
    name,
    command = obedient,
    replicas = 1,
    container = {},
    template = {},
    mode,
    endpoint,
  }: {
    name: string;
    command?: readonly string[];
    replicas?: number;
    container?: object;
    template?: object;
    mode?: object;
    endpoint?: object;
  },
): Promise<string> => {
  const { ID } = await callDocker<{ ID: string }>(manager, 'POST', '/services/create', {
    Name: name,
    TaskTemplate: {
      ContainerSpec: { Image: 'bb:1', Command: command, ...container },
      RestartPolicy: { Condition: 'any', Delay: 1e8 },
      ...template,
    },
    Mode: mode ?? { Replicated: { Replicas: replicas } },
    ...(endpoint ? { EndpointSpec: endpoint } : {}),
  });
  return ID;
};

export const removeServices = async (manager: LabHost): Promise<void> => {
  for (const { ID } of await callDocker<{ ID: string }[]>(manager, 'GET', '/services'))
    await callDocker(manager, 'DELETE', `/services/${ID}`);
};

export const listTasks = (manager: LabHost): Promise<EngineTask[]> =>
  callDocker<EngineTask[]>(manager, 'GET', '/tasks');

/** Tasks of the node that run, by what is observed. */
export const runningOn = async (manager: LabHost, nodeId: string): Promise<EngineTask[]> =>
  (await listTasks(manager)).filter(({ NodeID, Status }) => NodeID === nodeId && Status.State === 'running');
