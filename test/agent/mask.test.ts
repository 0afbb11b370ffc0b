// The masking of what the agent sends, against the definition in RFC 6455, 5.3. That a server can read it shows bundle.test.ts.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const {
  mask,
  unmask,
}: {
  mask(source: Buffer, key: Buffer, output: Buffer, offset: number, length: number): void;
  unmask(buffer: Buffer, key: Buffer): void;
} = createRequire(import.meta.url)('../../lab/mask-by-words.cjs');

const lengths = [0, 1, 2, 3, 4, 5, 47, 48, 49, 1000, 1001, 70_003];

test.each(lengths)('%i bytes, wherever they lie', (length) => {
  const key = randomBytes(7).subarray(3);
  const source = randomBytes(length + 9).subarray(1, length + 1);
  const masked = Buffer.from(source.map((byte, at) => byte ^ (key[at % 4] ?? 0)));
  const output = Buffer.alloc(length + 10, 7);
  mask(source, key, output, 5, length);
  expect(output.subarray(5, length + 5)).toEqual(masked);
  expect([...output.subarray(0, 5), ...output.subarray(length + 5)]).toEqual(Array(10).fill(7));
  // Where it stands, as ws does with what is its own.
  const own = Buffer.from(source);
  mask(own, key, own, 0, length);
  expect(own).toEqual(masked);
  unmask(own, key);
  expect(own).toEqual(Buffer.from(source));
});
