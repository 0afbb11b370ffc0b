// One change of a service that is there: the command, what came of it, and the reads until it has converged.
import * as z from 'zod';
import { type CommandResult, failureOf } from '../hosts/commands.ts';
import type { ServiceCommand } from '../hosts/service-parts.ts';
import type { Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { changesOf } from '../platform/changes.ts';
import { Failure } from '../platform/failure.ts';
import { converge } from './converge.ts';
import { deadlineOf, presentService, type ServicesParts } from './parts.ts';
import { setByPeople } from './swarm-service.ts';

export type Change = {
  clusterId: string;
  serviceId: string;
  deadlineSeconds: number;
  /** Names the command's step: the same in the next run. */
  step: string;
  body: ServiceCommand;
  isPrivileged: boolean;
  rollingBack?: boolean;
};

const answer = z.object({ changed: z.boolean(), warnings: z.array(z.string()) });

/**
 * Sends it, and waits until the service has converged.
 * @throws Failure of the engine, OUTCOME_UNKNOWN, ROLLED_BACK, UPDATE_PAUSED, NOT_CONVERGED
 */
export const changeService = async (
  parts: ServicesParts,
  run: Run,
  target: Target,
  { clusterId, serviceId, deadlineSeconds, step, body, isPrivileged, rollingBack = false }: Change,
  progress: (done: number, total: number) => void,
): Promise<void> => {
  const before = await presentService(parts, clusterId, serviceId);
  const wasRunning = before.tasks.filter(
    ({ state, desiredState }) => state === 'RUNNING' && desiredState === 'RUNNING',
  );
  const unchanged = await run.step('update', serviceId, async (tell) => {
    const result = await parts.sendService(run, clusterId, { step, body, isPrivileged }, tell);
    run.unknown(result.outcome === 'UNKNOWN');
    if (result.outcome === 'UNKNOWN')
      return assertWritten(parts, clusterId, serviceId, before.service.version, result);
    const { changed, warnings } = answer.parse(result.result);
    for (const message of warnings) run.warn({ code: 'ENGINE_WARNING', message, target: serviceId });
    return !changed;
  });
  const seen = await run.step('converge', serviceId, (tell) =>
    converge(
      parts.services,
      run,
      target,
      {
        clusterId,
        serviceId,
        deadline: deadlineOf(run.operation.startedAt, deadlineSeconds),
        // After a restart nobody knows which of them are new.
        known: new Set(run.resumed ? [] : wasRunning.map(({ id }) => id)),
        rollingBack,
        unchanged,
      },
      tell,
      progress,
    ),
  );
  if (seen && !run.resumed)
    run.changed(serviceId, changesOf(setByPeople(before.service), setByPeople(seen.service)));
};

/** Without an answer only a newer version of the service says that it was written. @returns false: it was changed. */
const assertWritten = async (
  parts: ServicesParts,
  clusterId: string,
  serviceId: string,
  version: number,
  result: CommandResult,
): Promise<false> => {
  const { service } = await presentService(parts, clusterId, serviceId);
  if (service.version > version) return false;
  throw new Failure('OUTCOME_UNKNOWN', failureOf(result).message, 'read the service, then decide');
};
