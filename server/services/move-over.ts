// The act of a rotation: the new version is made, the services are moved over one after the other, the old one goes last.
import type { ObjectParts } from '../clusters/ask-manager.ts';
import type { Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';
import { type KeptKind, readKept, usersOf } from '../secrets/kept.ts';
import { makeKept } from '../secrets/make.ts';
import { dropKept } from '../secrets/remove.ts';
import { changeService } from './change.ts';
import { noParts } from './input.ts';
import { filesWith, uses } from './new-version.ts';
import { deadlineOf, presentService, type ServicesParts } from './parts.ts';
import { createSum } from './sum.ts';

/** Never the value. The targets of the operation: the new version, the services, and the old one if it is to go. */
export type RotationPlan = {
  clusterId: string;
  old: { id: string; name: string };
  /** Of the new version. */
  name: string;
  labels: { key: string; value: string }[];
  services: { id: string; name: string }[];
  removeOld: boolean;
  mayPrivileged: boolean;
  /** Ids of the services that are privileged, as judged. */
  privileged: string[];
  /** Of the whole operation. */
  deadlineSeconds: number;
};

const partOf = { SECRET: 'secrets', CONFIG: 'configs' } as const;

/** Which services use which, for whoever has to decide how to go on; empty: it could not be read. */
const whoUsesWhich = async (
  parts: ObjectParts,
  kind: KeptKind,
  { clusterId, old, name }: RotationPlan,
): Promise<string> => {
  try {
    const { kept, services } = await readKept(parts, kind, clusterId);
    const made = kept.find((each) => each.name === name);
    const told = [old, ...(made ? [made] : [])].map((each) => {
      const users = usersOf(services, each.id).map((service) => service.name);
      return `${each.name} is used by ${users.length > 0 ? users.join(', ') : 'none'}`;
    });
    return `; ${told.join(', ')}`;
  } catch (error) {
    if (error instanceof Failure) return '';
    throw error;
  }
};

/** What was not begun, after a failure or a cancellation. */
const leaveRest = (run: Run, { old }: RotationPlan): void => {
  const { targets } = run.operation;
  const isCancelled = run.cancel.aborted;
  const failed = targets.find(({ state }) => state === 'FAILED' || state === 'UNKNOWN');
  const why = isCancelled ? 'cancelled' : `${failed?.name ?? 'an earlier one'} failed`;
  for (const target of targets) {
    if (target.failure !== null || (target.state !== 'PENDING' && target.state !== 'SKIPPED')) continue;
    const left =
      target.kind === 'SERVICE'
        ? `it still uses ${old.name}`
        : target.id === old.id
          ? 'it is kept'
          : 'it was not made';
    target.state = 'SKIPPED';
    target.failure = {
      code: isCancelled ? 'CANCELLED' : 'NOT_BEGUN',
      message: `${why}: ${left}`,
      hint: null,
      retryable: false,
    };
  }
};

export const moveOver = async (
  parts: ServicesParts & ObjectParts,
  kind: KeptKind,
  run: Run,
  plan: RotationPlan,
): Promise<void> => {
  const { clusterId, old, deadlineSeconds } = plan;
  const { targets } = run.operation;
  const made = targets[0] as Target;
  const progress = createSum((done, total) => run.progress({ done, total, unit: 'tasks' }));

  const move = async (target: Target): Promise<void> => {
    const serviceId = target.id ?? '';
    const newId = made.id ?? '';
    const { service } = await presentService(parts, clusterId, serviceId);
    if (!uses(service, kind, old.id) && !uses(service, kind, newId)) {
      run.skip('update', serviceId, `it no longer uses ${old.name}`);
      return;
    }
    const isBegun = run.operation.steps.some(({ name, target: id }) => name === 'update' && id === serviceId);
    if (!isBegun && deadlineOf(run.operation.startedAt, deadlineSeconds) <= parts.clock.now())
      throw new Failure('NOT_BEGUN', 'the deadline was over', 'ask with more deadlineSeconds');
    await changeService(
      parts,
      run,
      target,
      {
        clusterId,
        serviceId,
        deadlineSeconds,
        step: `rotate:${serviceId}`,
        body: {
          __typename: 'UpdateService',
          service: serviceId,
          parts: { ...noParts, [partOf[kind]]: filesWith(service, kind, old.id, newId) },
          env: null,
          forceUpdate: false,
          mayPrivileged: plan.mayPrivileged,
        },
        isPrivileged: plan.privileged.includes(serviceId),
      },
      (done, total) => progress(serviceId, done, total),
    );
  };

  const removeOld = async (): Promise<void> => {
    const users = usersOf((await readKept(parts, kind, clusterId)).services, old.id);
    if (users.length > 0)
      throw new Failure(
        'IN_USE',
        `${old.name} is kept: it is in use by ${users.map(({ name }) => name).join(', ')}`,
        'move them, then remove it',
      );
    await dropKept(parts, kind, run, clusterId, old.id);
  };

  /** Says beside what went wrong who uses which. */
  const told = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.code, `${error.message}${await whoUsesWhich(parts, kind, plan)}`, error.hint);
    }
  };

  await run.carry(made, (target) =>
    makeKept(parts, kind, run, target, { cluster: clusterId, name: plan.name, labels: plan.labels }),
  );
  // Nothing was begun but this: its failure is that of all.
  if (made.state === 'FAILED')
    for (const target of targets) Object.assign(target, { state: 'FAILED', failure: made.failure });
  for (const target of targets.slice(1)) {
    if (targets.some(({ state }) => state === 'FAILED' || state === 'UNKNOWN')) break;
    await run.carry(target, (one) => (one.kind === 'SERVICE' ? told(move(one)) : removeOld()));
  }
  leaveRest(run, plan);
};
