// The settings of metrics and traces: what does not fit is named, and not repeated, for an address may hold a secret.
import { expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';

it.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector-canary:4317'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://canary/'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', ''],
  ['SKEP_METRICS', 'canary'],
])('%s=%s is refused', (name, value) => {
  const read = () => readConfig({ [name]: value });
  expect(read).toThrow(new RegExp(`^${name}: `));
  expect(read).not.toThrow(/canary/);
});

it('nothing is traced unless it is asked for, and metrics are there unless they are turned off', () => {
  expect(readConfig({})).toMatchObject({ otlpUrl: null, metrics: true });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', SKEP_METRICS: 'no' };
  expect(readConfig(env)).toMatchObject({ otlpUrl: 'http://127.0.0.1:4318', metrics: false });
});
