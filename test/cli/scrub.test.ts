// No secret stands in what the command line says about trouble: the shapes that the server knows, and slips of them.
import { expect, it } from 'vitest';
import { scrub, secretShapes } from '../../cli/scrub.ts';
import * as server from '../../server/platform/secrets.ts';

const half = 'Zm9vYmFyLXF1eGZvb2JhLWJhcnF1eC1mb29iYXI';
const pem = (eol: string) => ['-----BEGIN PRIVATE KEY-----', half, '-----END PRIVATE KEY-----', ''].join(eol);

/** Whole ones, one at least of each shape. */
const whole = [
  `SWMTKN-1-3pu6hszjas19xyp7ghgosyx9k8-${half}`,
  `SWMTKN-2-1-3pu6hszjas19xyp7ghgosyx9k8-${half}`,
  `SWMKEY-1-${half}+/=`,
  `skep_key_01J9Z0a1_${half}`,
  `skep_enr_01J9Z0a1.${half}.cGlucGlu`,
  `skep_ticket_${half}`,
  `skep_session_${half}`,
  `skep_signin_${half}`,
  `whsec_${half}+/=`,
  pem('\n'),
  pem('\r\n'),
];
const slips = [`skep_key_${half}`, `skep_ticket_%${half}`, `SWMTKN-${half}`, `whsec_%2B${half}`];

it('knows the shapes of secrets that the server knows, each of them', () => {
  expect(secretShapes).toEqual(server.secretShapes);
  for (const [pattern] of server.secretShapes)
    expect(whole.some((secret) => secret.search(pattern) >= 0)).toBe(true);
});

it.each([...whole, ...slips])('shows nothing of %j', (secret) => {
  for (const text of [secret, `the host "${secret}" is not there`, `#${secret} and more`]) {
    expect(scrub(text)).not.toContain(half);
    expect(scrub(text).length).toBeGreaterThan(0);
  }
  expect(scrub(`before '${secret}' after`)).toMatch(/^before .* after$/s);
});
