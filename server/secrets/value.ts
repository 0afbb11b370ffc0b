// A value that is given once and never told again: as text or in base64, and no longer than a swarm takes.
import * as z from 'zod';

export const encodings = ['UTF8', 'BASE64'] as const;

/** In bytes; null: it is not of its encoding. */
const bytesOf = (value: string, encoding: (typeof encodings)[number]): Buffer | null => {
  if (encoding === 'UTF8') return Buffer.from(value, 'utf8');
  const bytes = Buffer.from(value, 'base64');
  // Node skips over what is no base64: only what comes out as it went in was one.
  return bytes.toString('base64').replace(/=+$/, '') === value.replace(/=+$/, '') ? bytes : null;
};

/**
 * Fields of an input: what comes out as `value` is in base64. Its messages never have the value.
 * @param most in bytes.
 */
export const withValue = <Shape extends z.ZodRawShape>(shape: z.ZodObject<Shape>, most: number) =>
  shape
    .extend({
      value: z.string(),
      encoding: z
        .enum(encodings)
        .nullish()
        .transform((encoding) => encoding ?? 'UTF8'),
    })
    .transform((input, context) => {
      const { value, encoding } = input as { value: string; encoding: (typeof encodings)[number] };
      const bytes = bytesOf(value, encoding);
      const wrong =
        bytes === null
          ? 'is not base64'
          : bytes.length === 0
            ? 'is empty'
            : bytes.length > most
              ? `has ${bytes.length} bytes; at most ${most} are taken`
              : null;
      if (bytes === null || wrong !== null) {
        context.addIssue({ code: 'custom', message: wrong ?? '', path: ['value'] });
        return z.NEVER;
      }
      return { ...input, value: bytes.toString('base64') };
    });
