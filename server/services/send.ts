// Sending a change of services to a manager that may carry it out.
import { setTimeout as delay } from 'node:timers/promises';
import { expectObjects } from '../clusters/expect-objects.ts';
import type { Managers } from '../clusters/managers.ts';
import type { Clusters } from '../clusters/registry.ts';
import { type CommandResult, type Commands, failureOf } from '../hosts/commands.ts';
import type { ServiceCommand } from '../hosts/service-parts.ts';
import type { Run } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { suitableManagers } from './suitable.ts';

export type SendService = (
  run: Run,
  clusterId: string,
  command: { step: string; body: ServiceCommand; isPrivileged?: boolean },
  tell: (detail: string) => void,
) => Promise<CommandResult>;

/** Said by one manager, or for a moment; nothing was written. */
const worthAgain: ReadonlySet<string> = new Set([
  'NOT_MANAGER',
  'NOT_IN_SWARM',
  'ENGINE_UNREACHABLE',
  'NO_LEADER',
  'OUT_OF_SEQUENCE',
  'EXPIRED',
  'AUDIT_UNAVAILABLE',
  'HOST_OFFLINE',
  'CLUSTER_UNREACHABLE',
  'SWARM_LOCKED',
  'NO_SUITABLE_MANAGER',
]);
const retryForMs = 40_000;
const retryEveryMs = 500;

export const createSendService =
  ({
    clusters,
    managers,
    commands,
  }: {
    clusters: Clusters;
    managers: Managers;
    commands: Commands;
  }): SendService =>
  async (run, clusterId, { step, body, isPrivileged = false }, tell) => {
    const until = performance.now() + retryForMs;
    const needs = [body.__typename, ...(isPrivileged ? ['services:privileged'] : [])];
    let sent = 0;
    for (let tried = 0; ; tried += 1) {
      let failure: Failure;
      try {
        const result = await commands.carryOut({
          run,
          hostId: () => {
            const cluster = clusters.find(clusterId);
            if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
            const hosts = suitableManagers(managers, cluster, needs);
            return hosts[tried % hosts.length]?.id ?? '';
          },
          step: `${step}:${sent + 1}`,
          body,
          expectations: expectObjects(clusterId, body),
        });
        sent += 1;
        if (result.outcome === 'DONE' || result.outcome === 'UNKNOWN') return result;
        failure = failureOf(result);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failure = error;
      }
      if (!worthAgain.has(failure.code) || performance.now() > until) throw failure;
      tell(`asked again: ${failure.message}`);
      await delay(retryEveryMs, undefined, { signal: run.signal });
    }
  };
