// What every mutation's input takes beside its own fields.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Failure } from '../platform/failure.ts';
import { guardNames } from './operation.ts';

/** Null and absent are one in GraphQL's optional fields. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

const common = z.object({
  reason: optional(z.string().trim().min(1, 'an empty reason says nothing').max(1_000)),
  dryRun: optional(z.boolean()).transform((value) => value ?? false),
  waitSeconds: optional(z.number().min(0).max(120)).transform((value) => value ?? 45),
  idempotencyKey: optional(z.string().min(1).max(200)),
  override: optional(z.array(z.enum(guardNames))).transform((value) => value ?? []),
});

export type CommonInput = z.infer<typeof common>;

const first = (error: z.ZodError): Failure => {
  const issue = error.issues[0];
  return new Failure(
    'BAD_USER_INPUT',
    `input.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`,
  );
};

/**
 * Splits an input into what every mutation takes and the action's own part, both checked.
 * @throws Failure BAD_USER_INPUT
 */
export const parseInput = <T>(
  raw: Record<string, unknown>,
  schema: z.ZodType<T>,
): { common: CommonInput; own: T; told: Record<string, unknown> } => {
  const { reason, dryRun, waitSeconds, idempotencyKey, override, ...own } = raw;
  const shared = common.safeParse({ reason, dryRun, waitSeconds, idempotencyKey, override });
  if (!shared.success) throw first(shared.error);
  const parsed = schema.safeParse(own);
  if (!parsed.success) throw first(parsed.error);
  if (shared.data.override.length > 0 && shared.data.reason === null)
    throw new Failure(
      'BAD_USER_INPUT',
      'input.override needs input.reason',
      'say why the guard does not hold here',
    );
  if (shared.data.dryRun && shared.data.idempotencyKey !== null)
    throw new Failure(
      'BAD_USER_INPUT',
      'input.idempotencyKey makes no sense with input.dryRun',
      'leave one out',
    );
  return { common: shared.data, own: parsed.data, told: own };
};

/**
 * Takes the fields that are secrets out of an input: `told` is what may be stored and hashed, `given` the secrets as the
 * action's schema left them.
 */
export const withoutSecrets = (
  told: Record<string, unknown>,
  own: unknown,
  secrets: readonly string[],
): { told: Record<string, unknown>; given: Record<string, string> } => {
  const parsed = new Map(own !== null && typeof own === 'object' ? Object.entries(own) : []);
  const given = secrets.flatMap((name) => {
    const value = parsed.get(name);
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return {
    told: { ...told, ...Object.fromEntries(given.map(([name]) => [name, '[redacted]'])) },
    given: Object.fromEntries(given),
  };
};

/** Tells two inputs apart for an idempotency key; order of fields does not count. */
export const inputHash = (input: unknown): string => {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .filter(([, part]) => part !== null && part !== undefined)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, part]) => [key, sorted(part)]),
          )
        : value;
  return createHash('sha256')
    .update(JSON.stringify(sorted(input)))
    .digest('hex');
};
