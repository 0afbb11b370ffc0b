// One executor a command type.
import type { CommandBody } from './contract.ts';
import type { Engine } from './engine.ts';
import { readCluster, readJoinToken, readUnlockKey, rotateJoinToken } from './execute-cluster.ts';
import { initSwarm, joinSwarm, leaveSwarm, recoverSwarm, unlockSwarm } from './execute-membership.ts';
import { createNetwork, readNetworks, removeNetwork } from './execute-networks.ts';
import { readTasks, removeNode, updateNode } from './execute-nodes.ts';
import { answerProbes, probePorts } from './execute-probes.ts';
import { createKept, readKept, removeKept } from './execute-secrets.ts';
import {
  createService,
  readServices,
  removeService,
  rollBackService,
  updateService,
} from './execute-services.ts';
import { updateSwarm } from './execute-spec.ts';
import { readContainers, readWorkload } from './execute-workload.ts';
import { createLastRead } from './last-read.ts';
import { createProbeListener } from './probe-listen.ts';
import { createServiceRules, type ServiceRules } from './service-rules.ts';

/** What came of a command: its answer, and what a read begun after its effect showed. */
export interface Carried {
  readonly result: object;
  readonly seen?: object | undefined;
}

/** Carries out one command. Rejects with CommandFailure. */
export type Execute = (body: CommandBody) => Promise<Carried>;

/**
 * The executors over one engine.
 *
 * @param serviceRules - what services may reach; without it nothing of the host
 */
export function createExecute({
  engine,
  serviceRules = createServiceRules({ allowsPrivileged: false, own: [] }),
}: {
  engine: Engine;
  serviceRules?: ServiceRules;
}): Execute {
  const lastRead = createLastRead();
  const listener = createProbeListener();
  const listed = async (reading: ReturnType<typeof readCluster>): Promise<object> => {
    const cluster = await reading;
    lastRead.list(cluster.nodes);
    return cluster;
  };
  const answer = (body: Exclude<CommandBody, { __typename: 'UpdateNode' }>): Promise<object> => {
    switch (body.__typename) {
      case 'CreateConfig':
        return createKept(engine, 'configs', body);
      case 'CreateNetwork':
        return createNetwork(engine, body);
      case 'CreateSecret':
        return createKept(engine, 'secrets', body);
      case 'CreateService':
        return createService(engine, body, serviceRules);
      case 'AnswerProbes':
        return answerProbes(listener, body);
      case 'InitSwarm':
        return listener.close().then(() => initSwarm(engine, body));
      case 'JoinSwarm':
        return listener.close().then(() => joinSwarm(engine, body));
      case 'LeaveSwarm':
        return leaveSwarm(engine, body);
      case 'ReadCluster':
        return listed(readCluster(engine));
      case 'ReadConfigs':
        return readKept(engine, 'configs');
      case 'ReadContainers':
        return readContainers(engine);
      case 'ReadJoinToken':
        return readJoinToken(engine, body);
      case 'ReadNetworks':
        return readNetworks(engine);
      case 'ReadSecrets':
        return readKept(engine, 'secrets');
      case 'ReadServices':
        return readServices(engine, body, serviceRules);
      case 'ReadTasks':
        return readTasks(engine, body);
      case 'ReadUnlockKey':
        return readUnlockKey(engine);
      case 'RecoverSwarm':
        return recoverSwarm(engine, body);
      case 'ReadWorkload':
        return readWorkload(engine);
      case 'RemoveConfig':
        return removeKept(engine, 'configs', body.config);
      case 'RemoveNetwork':
        return removeNetwork(engine, body);
      case 'RemoveNode':
        return removeNode(engine, body);
      case 'RemoveSecret':
        return removeKept(engine, 'secrets', body.secret);
      case 'RemoveService':
        return removeService(engine, body);
      case 'RollBackService':
        return rollBackService(engine, body, serviceRules);
      case 'RotateJoinToken':
        return rotateJoinToken(engine, body);
      case 'SendProbes':
        return probePorts(body);
      case 'UnlockSwarm':
        return unlockSwarm(engine, body);
      case 'UpdateService':
        return updateService(engine, body, serviceRules);
      case 'UpdateSwarm':
        return updateSwarm(engine, body);
    }
  };
  return async (body) =>
    body.__typename === 'UpdateNode' ? updateNode(engine, body, lastRead) : { result: await answer(body) };
}
