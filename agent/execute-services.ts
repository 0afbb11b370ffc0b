// Carries out what a manager does to services: list, create, change, roll back, remove.
import { setTimeout as delay } from 'node:timers/promises';
import type { BodyOf } from './contract.ts';
import type { Engine, EngineService } from './engine.ts';
import { CommandFailure } from './failure.ts';
import { networksOf, type ServiceRules } from './service-rules.ts';
import { isWorkloadChange, resolveReferences, withParts } from './service-spec.ts';

const maximumAttempts = 8;
const longestPauseMs = 20;

/** GET /services and, for one service, its tasks and the ids of those that its present spec made. */
export async function readServices(
  engine: Engine,
  body: BodyOf<'ReadServices'>,
  rules: ServiceRules,
): Promise<object> {
  const ref = body.ofService ?? null;
  const all = await engine.serviceList();
  const found =
    ref === null
      ? all
      : [all.find(({ ID }) => ID === ref) ?? all.find(({ Spec }) => Spec.Name === ref)].filter(
          (service) => service !== undefined,
        );
  const [one] = found;
  const withTasks = ref !== null && one !== undefined;
  const [tasks, upToDate, hostNetworks] = await Promise.all([
    withTasks ? engine.serviceTasks(one.ID, false) : [],
    withTasks ? engine.serviceTasks(one.ID, true) : [],
    hostNetworksOf(
      engine,
      found.map(({ Spec }) => Spec),
    ),
  ]);
  return {
    services: found.map((service) => ({
      ...service,
      Privileged: rules.privilegedIn(service.Spec, hostNetworks),
    })),
    tasks,
    upToDate: upToDate.map(({ ID }) => ID),
  };
}

/** POST /services/create. */
export async function createService(
  engine: Engine,
  body: BodyOf<'CreateService'>,
  rules: ServiceRules,
): Promise<object> {
  const mode = body.everyNode ? { Global: {} } : { Replicated: { Replicas: body.parts.replicas ?? 1 } };
  const base = { Name: body.serviceName, Labels: {}, TaskTemplate: { ContainerSpec: {} }, Mode: mode };
  const references = await resolveReferences(engine, body.parts);
  const spec = withParts(base, body.parts, body.env ?? null, references);
  rules.check(spec, await hostNetworksOf(engine, [spec]), body.mayPrivileged);
  const { ID, Warnings } = await engine.createService(spec);
  return { id: ID, warnings: warningsOf(Warnings) };
}

/**
 * Reads the service, changes what is given and nothing else, writes it whole with the version read: what this agent does
 * not know stays as it is. `changed` false: it was so already.
 */
export async function updateService(
  engine: Engine,
  body: BodyOf<'UpdateService'>,
  rules: ServiceRules,
): Promise<object> {
  const references = await resolveReferences(engine, body.parts);
  return await writing(engine, body.service, async (service, attempts) => {
    const version = service.Version.Index;
    const spec = withParts(service.Spec, body.parts, body.env ?? null, references, body.forceUpdate);
    if (JSON.stringify(spec) === JSON.stringify(service.Spec))
      return { changed: false, version, attempts, warnings: [] };
    // More of the same tasks, and a label, give nobody more than there is.
    if (isWorkloadChange(service.Spec, spec))
      rules.check(spec, await hostNetworksOf(engine, [spec]), body.mayPrivileged);
    const { Warnings } = await engine.updateService(service.ID, version, spec, false);
    return { changed: true, version, attempts, warnings: warningsOf(Warnings) };
  });
}

/** POST /services/{id}/update?rollback=previous. The engine takes the spec before the present one. */
export async function rollBackService(
  engine: Engine,
  body: BodyOf<'RollBackService'>,
  rules: ServiceRules,
): Promise<object> {
  return await writing(engine, body.service, async (service, attempts) => {
    const { PreviousSpec: previous, Spec, Version } = service;
    if (previous == null)
      throw new CommandFailure('REFUSED', 'NO_PREVIOUS_SPEC', 'the service does not have a previous spec');
    rules.check(previous, await hostNetworksOf(engine, [previous]), body.mayPrivileged);
    const { Warnings } = await engine.updateService(service.ID, Version.Index, Spec, true);
    return { changed: true, version: Version.Index, attempts, warnings: warningsOf(Warnings) };
  });
}

/** DELETE /services/{id}. A service that is gone: done. */
export async function removeService(engine: Engine, body: BodyOf<'RemoveService'>): Promise<object> {
  try {
    const service = await serviceOf(engine, body.service);
    await engine.removeService(service.ID);
  } catch (error) {
    if (!(error instanceof CommandFailure && error.code === 'SERVICE_NOT_FOUND')) throw error;
  }
  return { removed: true };
}

async function writing(
  engine: Engine,
  id: string,
  write: (service: EngineService, attempts: number) => Promise<object>,
): Promise<object> {
  for (let attempts = 1; ; attempts++) {
    const service = await serviceOf(engine, id);
    try {
      return await write(service, attempts);
    } catch (error) {
      const isStale = error instanceof CommandFailure && error.code === 'OUT_OF_SEQUENCE';
      if (!isStale || attempts === maximumAttempts) throw error;
    }
    await delay(Math.random() * longestPauseMs * attempts);
  }
}

// The engine also takes a name or a prefix for an id: another service than the one meant.
async function serviceOf(engine: Engine, id: string): Promise<EngineService> {
  const service = await engine.service(id);
  if (service.ID !== id) throw new CommandFailure('FAILED', 'SERVICE_NOT_FOUND', `service ${id} not found`);
  return service;
}

/** Those networks of the specs that are the host's own: it has a name and, in a spec that was stored, an id. */
async function hostNetworksOf(engine: Engine, specs: readonly object[]): Promise<ReadonlySet<string>> {
  const drivers = await Promise.all(
    [...new Set(specs.flatMap(networksOf))].map(async (name): Promise<readonly [string, string]> => {
      if (name === 'host') return [name, name];
      const network = await engine.network(name).catch((error: unknown) => {
        // The engine will say so itself.
        if (error instanceof CommandFailure && /not found/.test(error.message)) return { Driver: '' };
        throw error;
      });
      return [name, network.Driver];
    }),
  );
  return new Set(drivers.filter(([, driver]) => driver === 'host').map(([name]) => name));
}

function warningsOf(warnings: readonly string[] | null | undefined): readonly string[] {
  return warnings ?? [];
}
