// No secret leaves through the log, whichever field, message or stack it hides in.
import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLog, type LogOptions } from '../../server/platform/log.ts';
import { scrub } from '../../server/platform/secrets.ts';

const { privateKey: pem } = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const { privateKey: ecPem } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

const SECRETS = {
  token: 'SWMTKN-1-3pu6hszjas19xyp7ghgosyx9k8atbfcr8p2is99znpy26u2lkl-1awxwuwd3z9j1z3puu7rcgdbx',
  fipsToken: 'SWMTKN-2-1-3pu6hszjas19xyp7ghgosyx9k8atbfcr8p2is99znpy26u2lkl-1awxwuwd3z9j1z3puu7rcgdbx',
  unlockKey: 'SWMKEY-1-8jDgbUNlJtUe5P/lcr9IXGVxqZpZUXPzd+qzcGp4ZYA',
  apiKey: 'skep_key_01J9Z0-a1_Zm9v_YmFy-cXV4Zm9vYmFycXV4Zm9vYmFy',
  enrolment: 'skep_enr_01J9Z0a1.Zm9v_YmFyLXF1eGZvb2Jh.cGlu-cGlu_cGlucGlu',
  ticket: 'skep_ticket_Zm9v_YmFyLXF1eGZvb2JhLWJhcnF1eC1mb29iYXI',
  session: 'skep_session_Zm9v_YmFyLXF1eGZvb2JhLWJhcnF1eC1mb29iYXI',
  pem,
  ecPem,
};

const logged = (options: Partial<LogOptions> = {}) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLog({ level: 'info', destination, ...options }), lines };
};

/** What must not be seen: everything of a secret but its kind and its id. */
const traces = (secret: string) =>
  secret.startsWith('-----')
    ? secret.split('\n').filter((line) => line && !line.startsWith('-----'))
    : [secret, secret.slice(-20), ...secret.split(/[.]/).slice(1)];

it.each(Object.entries(SECRETS))('scrubs %s wherever it stands', (_, secret) => {
  for (const pretty of [false, true]) {
    const { log, lines } = logged({ pretty });
    log.info(`joined with ${secret}, then more`);
    log.info({ deep: { list: [secret], [secret]: true } }, 'object');
    log.error({ err: new Error(`failed: ${secret}`, { cause: new Error(secret) }) }, 'error');
    log.child({ secret }).warn('child');
    expect(lines).toHaveLength(4);
    for (const trace of traces(secret)) expect(lines.join('')).not.toContain(trace);
    expect(lines[0]).toContain('then more');
  }
});

it('keeps JSON valid, and what is not a secret', () => {
  const { log, lines } = logged();
  log.info({ ...SECRETS, hostId: 'host-1', again: SECRETS.token }, 'mixed');
  log.debug('below the level');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'info',
    msg: 'mixed',
    hostId: 'host-1',
    apiKey: 'skep_key_01J9Z0-a1_[redacted]',
    enrolment: 'skep_enr_01J9Z0a1.[redacted]',
    pem: '[redacted private key]\n',
  });
});

it('leaves ids, public keys and prose alone', () => {
  const text = 'skep_key_01J9Z0 and skep_enr_01J9Z0. SWMTKN is a prefix. -----BEGIN PUBLIC KEY-----';
  expect(scrub(text)).toBe(text);
});

it('scrubs a private key that was cut off', () => {
  expect(scrub(JSON.stringify({ key: pem.slice(0, 60), next: 1 }))).toBe(
    '{"key":"[redacted private key]","next":1}',
  );
});

it('takes a long line in a moment', () => {
  const text = '-----BEGIN '.repeat(20_000) + 'SWMKEY-1-'.repeat(20_000) + 'skep_enr_a.'.repeat(20_000);
  expect(scrub(text).length).toBeLessThan(text.length);
}, 2_000);
