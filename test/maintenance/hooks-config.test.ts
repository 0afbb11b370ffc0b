// Hooks in the server's configuration: which are taken, and that a refusal names no address.
import { expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';

const hooksOf = (SKEP_MAINTENANCE_HOOKS: string): [string, string][] => [
  ...readConfig({ SKEP_MAINTENANCE_HOOKS }).maintenanceHooks,
];

it('takes HTTPS, and plain HTTP on this machine only', () => {
  expect(hooksOf('')).toEqual([]);
  expect(hooksOf('reboot=https://ops.example/reboot?token=a=b, patch=http://127.0.0.1:9/p')).toEqual([
    ['reboot', 'https://ops.example/reboot?token=a=b'],
    ['patch', 'http://127.0.0.1:9/p'],
  ]);
});

it.each([
  'https://ops.example/secret-path',
  'reboot=http://ops.example/secret-path',
  'reboot=https://user:pass@ops.example/secret-path',
  'reboot=file:///secret-path',
  're boot=https://ops.example/secret-path',
  'reboot=https://ops.example/1,reboot=https://ops.example/secret-path',
])('refuses %s and does not repeat it', (list) => {
  let told = '';
  try {
    hooksOf(list);
  } catch (error) {
    told = String(error);
  }
  expect(told).toContain('SKEP_MAINTENANCE_HOOKS: each is name=https://…');
  expect(told).not.toContain('secret-path');
});
