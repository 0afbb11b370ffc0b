// Carries out what a manager does with secrets and configs: list them with who uses them, create one, remove one.
import type { BodyOf } from './contract.ts';
import type { Engine, Kept } from './engine.ts';
import { CommandFailure } from './failure.ts';

/** GET /secrets or GET /configs without any value, and of the services which of them they use. */
export async function readKept(engine: Engine, kind: Kept): Promise<object> {
  const [kept, services] = await Promise.all([engine.kept(kind), engine.usingServices()]);
  return {
    kept: kept.map(({ ID, Version, CreatedAt, UpdatedAt, Spec }) => ({
      id: ID,
      version: Version.Index,
      createdAt: CreatedAt,
      updatedAt: UpdatedAt,
      name: Spec.Name,
      labels: Spec.Labels ?? {},
    })),
    services: services.map(({ ID, Spec }) => {
      const { Secrets, Configs } = Spec.TaskTemplate?.ContainerSpec ?? {};
      const used =
        kind === 'secrets'
          ? (Secrets ?? []).map(({ SecretID, File }) => ({ id: SecretID, file: File?.Name ?? null }))
          : (Configs ?? []).map(({ ConfigID, File }) => ({ id: ConfigID, file: File?.Name ?? null }));
      return { id: ID, name: Spec.Name, uses: used };
    }),
  };
}

/** POST /secrets/create or POST /configs/create. The value goes to the engine and nowhere else. */
export async function createKept(
  engine: Engine,
  kind: Kept,
  body: BodyOf<'CreateSecret'> | BodyOf<'CreateConfig'>,
): Promise<object> {
  const { ID } = await engine.createKept(kind, {
    Name: body.name,
    Data: body.value,
    Labels: Object.fromEntries(body.labels.map(({ key, value }) => [key, value])),
  });
  return { id: ID };
}

/** DELETE /secrets/{id} or DELETE /configs/{id}. One that is gone: done. */
export async function removeKept(engine: Engine, kind: Kept, id: string): Promise<object> {
  try {
    await engine.removeKept(kind, id);
  } catch (error) {
    if (!(error instanceof CommandFailure && error.code === 'NOT_FOUND')) throw error;
  }
  return { removed: true };
}
