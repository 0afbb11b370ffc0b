// Secrets and the log: whatever way one is logged, it does not come out.
import { expect, test } from 'vitest';
import { createLog } from '../../agent/log.ts';
import { scrub } from '../../agent/scrub.ts';

const token = 'SWMTKN-1-0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-7bbbbbbbbbbbbbbbbbbbbbbbb';
const key = 'SWMKEY-1-Cccccccccccccccccc/ccccccccccccccccccc+ccccc';
const pem = '-----BEGIN PRIVATE KEY-----\nDDDD\n-----END PRIVATE KEY-----';

test('no way of logging a secret prints it', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', write: (line) => lines.push(line) });
  log.info({ token }, 'a field');
  log.info({ deep: { down: [{ token, key }] } }, 'deep');
  log.info(`in a text ${token}, ${key}`);
  log.error(new Error(`in an error ${token}`));
  log.error({ err: new Error('with a cause', { cause: new Error(key) }) });
  log.info({ json: JSON.stringify({ JoinToken: token, key: pem, enrolment: 'skep_enr_e1.Eeeee.Fffff' }) });
  log.child({ token }).info('in a child');
  expect(lines).toHaveLength(7);
  expect(lines.join('')).not.toMatch(/aaaa|bbbb|cccc|DDDD|Eeee/);
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
});

test('a secret without a form is taken out as it is, in JSON and in a URL', () => {
  const secret = 'a"b/c d';
  const text = `raw ${secret}, json ${JSON.stringify({ secret })}, url ${encodeURIComponent(secret)}`;
  expect(scrub(text, [secret, ''])).toBe('raw [secret], json {"secret":"[secret]"}, url [secret]');
});
