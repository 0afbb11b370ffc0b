// Input that is malformed or contradicts itself: a top-level error with a code, and nothing on record.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../../lab/client.ts';
import { engines } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';

const label = { nodes: ['n'], set: [{ key: 'k' }] };

const malformed: readonly (readonly [mutation: string, of: string, input: Record<string, unknown>])[] = [
  ['promoteNodes', 'no node', { nodes: [] }],
  ['promoteNodes', 'an empty reference', { nodes: [' '] }],
  ['promoteNodes', 'a reference too long', { nodes: ['n'.repeat(256)] }],
  ['promoteNodes', 'a missing field', {}],
  ['promoteNodes', 'an unknown field', { nodes: ['n'], color: 'red' }],
  ['promoteNodes', 'an empty reason', { nodes: ['n'], reason: ' ' }],
  ['promoteNodes', 'a reason too long', { nodes: ['n'], reason: 'r'.repeat(1_001) }],
  ['promoteNodes', 'a negative waitSeconds', { nodes: ['n'], waitSeconds: -1 }],
  ['promoteNodes', 'a waitSeconds too long', { nodes: ['n'], waitSeconds: 121 }],
  ['promoteNodes', 'an empty idempotencyKey', { nodes: ['n'], idempotencyKey: '' }],
  ['promoteNodes', 'an idempotencyKey with dryRun', { nodes: ['n'], idempotencyKey: 'k', dryRun: true }],
  ['demoteNodes', 'an override without a reason', { nodes: ['n'], override: ['NO_FAULT_TOLERANCE'] }],
  ['demoteNodes', 'a guard that is none', { nodes: ['n'], override: ['ALL'], reason: 'r' }],
  ['setNodeAvailability', 'an availability that is none', { nodes: ['n'], availability: 'SLEEP' }],
  ['updateNodeLabels', 'neither set nor remove', { nodes: ['n'] }],
  ['updateNodeLabels', 'a key set and removed', { ...label, remove: ['k'] }],
  ['updateNodeLabels', 'a key with =', { ...label, set: [{ key: 'k=v' }] }],
  ['updateNodeLabels', 'a key with white space', { ...label, set: [{ key: 'a b' }] }],
  ['updateNodeLabels', 'an empty key', { ...label, set: [{ key: '' }] }],
  ['updateNodeLabels', 'a value too long', { ...label, set: [{ key: 'k', value: 'v'.repeat(4_097) }] }],
  ['joinHosts', 'no host', { cluster: 'c', hosts: [] }],
  ['joinHosts', 'a host twice', { cluster: 'c', hosts: [{ host: 'h' }, { host: 'h' }] }],
  ['leaveSwarm', 'no host', { hosts: [] }],
  ['initCluster', 'an empty name', { host: 'h', name: ' ' }],
  ['initCluster', 'a data path port of the system’s', { host: 'h', dataPathPort: 80 }],
  ['initCluster', 'a subnet of no bits', { host: 'h', subnetSize: 0 }],
  ['adoptCluster', 'a digest that is none', { cluster: 'c', caDigest: 'abc' }],
  ['renameHost', 'an empty name', { id: 'h', name: '' }],
  ['renameCluster', 'a name too long', { cluster: 'c', name: 'n'.repeat(101) }],
  ['createApiKey', 'a role that is none', { name: 'k', role: 'ROOT' }],
  ['createApiKey', 'a permission that is none', { name: 'k', role: 'VIEWER', permissions: ['all'] }],
  ['createEnrolment', 'an empty name', { name: '' }],
];

const documents: readonly (readonly [of: string, query: string])[] = [
  [
    'two mutations',
    'mutation { a: createEnrolment(input: {}) { secret } b: createEnrolment(input: {}) { secret } }',
  ],
  [
    'two mutations behind a fragment',
    'mutation { ...f } fragment f on Mutation { a: createEnrolment(input: {}) { secret } b: createEnrolment(input: {}) { secret } }',
  ],
  ['a field that there is not', '{ nosuch }'],
  ['a document that is none', '{ viewer { '],
  ['a page of none', '{ nodes(first: 0) { totalCount } }'],
  ['a page of 1,001 nodes', '{ nodes(first: 1001) { totalCount } }'],
  ['a page of 1,001 hosts', '{ hosts(first: 1001) { totalCount } }'],
  ['a page of 101 operations', '{ operations(first: 101) { pageInfo { hasNextPage } } }'],
  ['a page of 101 records', '{ auditLog(last: 101) { pageInfo { hasNextPage } } }'],
  ['first and last', '{ auditLog(first: 1, last: 1) { pageInfo { hasNextPage } } }'],
  ['a cursor that is none', '{ operations(after: "x") { pageInfo { hasNextPage } } }'],
  ['a cursor of another list', '{ auditLog(after: "WyJhIiwiYiJd") { pageInfo { hasNextPage } } }'],
];

describe('bad input', () => {
  let system: System;
  let perform: Perform;
  const onRecord = async () => {
    const { verifyAudit, operations } = await system.ask(
      '{ verifyAudit { ok head { seq hash } } operations(first: 1) { edges { node { id } } } }',
    );
    return { verifyAudit, operations };
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 0 });
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  it.each(malformed)('%s with %s is BAD_USER_INPUT, and nothing is on record', async (mutation, _, input) => {
    const before = await onRecord();
    const { code, message } = await perform.error(mutation, input);
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).not.toBe('');
    expect(await onRecord()).toEqual(before);
  });

  it.each(documents)('%s is BAD_USER_INPUT, and nothing is on record', async (_, query) => {
    const before = await onRecord();
    const { body } = await post(system.server.url, system.server.adminKey, query);
    expect(body.errors?.map(({ extensions }) => extensions?.code)).toContain('BAD_USER_INPUT');
    expect(await onRecord()).toEqual(before);
  });

  it('a body too large is refused before it is read', async () => {
    const response = await fetch(system.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${system.server.adminKey}` },
      body: JSON.stringify({ query: `{ viewer { id } } #${'x'.repeat(1_600_000)}` }),
    });
    expect(response.status).toBe(413);
  });

  it('a mutation is not taken by GET', async () => {
    const query = encodeURIComponent('mutation { createEnrolment(input: {}) { secret } }');
    const response = await fetch(`${system.server.url}?query=${query}`, {
      headers: { accept: 'application/json', authorization: `Bearer ${system.server.adminKey}` },
    });
    expect(response.status).toBe(405);
  });
});
