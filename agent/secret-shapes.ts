// What the agent reads of secrets and configs: never their values.
import * as z from 'zod/mini';

/** GET /secrets and GET /configs. What is not named here, as `Data`, is left behind. */
export const keptShape = z.array(
  z.object({
    ID: z.string(),
    Version: z.object({ Index: z.number() }),
    CreatedAt: z.string(),
    UpdatedAt: z.string(),
    Spec: z.object({ Name: z.string(), Labels: z.nullish(z.record(z.string(), z.string())) }),
  }),
);

const file = z.nullish(z.object({ Name: z.string() }));

/** GET /services, as much as tells which secrets and configs they use. */
export const usingServicesShape = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({
      Name: z.string(),
      TaskTemplate: z.nullish(
        z.object({
          ContainerSpec: z.nullish(
            z.object({
              Secrets: z.nullish(z.array(z.object({ SecretID: z.string(), File: file }))),
              Configs: z.nullish(z.array(z.object({ ConfigID: z.string(), File: file }))),
            }),
          ),
        }),
      ),
    }),
  }),
);

/** POST /secrets/create and POST /configs/create. */
export const createdKeptShape = z.object({ ID: z.string() });
