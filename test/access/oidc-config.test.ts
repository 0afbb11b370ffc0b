// The settings of signing in at a provider, and the file that says which groups may do what: checked at the start.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { safeReturn } from '../../server/access/oidc-endpoint.ts';
import {
  clusterIdsOf,
  type GroupRule,
  parseGroupRules,
  rightsOfGroups,
} from '../../server/access/oidc-groups.ts';
import { personId } from '../../server/access/persons.ts';
import { readConfig } from '../../server/config.ts';

let dir: string;
let groups: string;
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'skep-'));
  groups = file('groups.yaml', '- { group: ops, role: OPERATOR, clusters: ["*"] }\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const example = readFileSync(new URL('../../docs/examples/groups.yaml', import.meta.url), 'utf8');
const settings = (): Record<string, string> => ({
  SKEP_OIDC_ISSUER: 'https://id.example',
  SKEP_OIDC_CLIENT_ID: 'skep',
  SKEP_OIDC_GROUPS: groups,
});

describe('settings are refused', () => {
  it.each<[of: string, change: () => Record<string, string | undefined>, says: string]>([
    [
      'without an issuer',
      () => ({ SKEP_OIDC_ISSUER: undefined }),
      'SKEP_OIDC_CLIENT_ID: without SKEP_OIDC_ISSUER',
    ],
    ['without a client id', () => ({ SKEP_OIDC_CLIENT_ID: undefined }), 'SKEP_OIDC_CLIENT_ID: needed'],
    ['without a file of groups', () => ({ SKEP_OIDC_GROUPS: undefined }), 'SKEP_OIDC_GROUPS: needed'],
    [
      'with an issuer in clear',
      () => ({ SKEP_OIDC_ISSUER: 'http://id.example' }),
      'SKEP_OIDC_ISSUER: an https',
    ],
    [
      'with an issuer that is no address',
      () => ({ SKEP_OIDC_ISSUER: 'id.example' }),
      'SKEP_OIDC_ISSUER: an https',
    ],
    [
      'with a user in the issuer',
      () => ({ SKEP_OIDC_ISSUER: 'https://a:b@id.example' }),
      'SKEP_OIDC_ISSUER: an https',
    ],
    [
      'with a query in the issuer',
      () => ({ SKEP_OIDC_ISSUER: 'https://id.example/?a=b' }),
      'SKEP_OIDC_ISSUER: an https',
    ],
    [
      'with scopes that are not OpenID’s',
      () => ({ SKEP_OIDC_SCOPES: 'profile email' }),
      'SKEP_OIDC_SCOPES: openid',
    ],
    [
      'with a secret that is not there',
      () => ({ SKEP_OIDC_CLIENT_SECRET_FILE: join(dir, 'nosuch') }),
      'cannot be read (ENOENT)',
    ],
    [
      'with a secret that is empty',
      () => ({ SKEP_OIDC_CLIENT_SECRET_FILE: file('empty', '\n') }),
      'is empty',
    ],
    [
      'with groups that are not there',
      () => ({ SKEP_OIDC_GROUPS: join(dir, 'nosuch') }),
      'cannot be read (ENOENT)',
    ],
    [
      'behind a proxy whose address is not said',
      () => ({ SKEP_BEHIND_PROXY: 'yes' }),
      'SKEP_CONSOLE_URL: needed with SKEP_OIDC_ISSUER',
    ],
    [
      'with another role',
      () => ({ SKEP_OIDC_GROUPS: file('bad.yaml', '- { group: a, role: OWNER, clusters: ["*"] }') }),
      'bad.yaml: entry 1, role: ',
    ],
  ])('%s', (_, change, says) => {
    expect(() => readConfig({ ...settings(), ...change() })).toThrow(says);
  });

  it('at the start, by a sentence and the code 2', () => {
    const server = fileURLToPath(new URL('../../dist/server.cjs', import.meta.url));
    const env = {
      ...process.env,
      SKEP_DATA_DIR: join(dir, 'data'),
      ...settings(),
      SKEP_OIDC_ISSUER: 'http://id.example',
    };
    const { status, stderr } = spawnSync(process.execPath, [server], {
      env,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([status, stderr.trim()]).toEqual([
      2,
      'skep-server: SKEP_OIDC_ISSUER: an https address without user, query and fragment; http to loopback only',
    ]);
  });
});

describe('settings', () => {
  it('of nothing are nothing', () => {
    expect(readConfig({}).oidc).toBeNull();
  });

  it('have defaults, and a secret from a file alone', () => {
    expect(readConfig(settings()).oidc).toEqual({
      client: {
        issuer: 'https://id.example/',
        clientId: 'skep',
        clientSecret: null,
        scopes: 'openid profile email',
        groupsClaim: 'groups',
      },
      name: 'id.example',
      rules: [{ group: 'ops', role: 'operator', permissions: [], clusters: null }],
    });
    const more = {
      SKEP_OIDC_ISSUER: 'http://127.0.0.1:8080/realms/one',
      SKEP_OIDC_CLIENT_SECRET_FILE: file('secret', 'hush\n'),
      SKEP_OIDC_SCOPES: 'openid groups',
      SKEP_OIDC_GROUPS_CLAIM: 'https://example/roles',
      SKEP_OIDC_NAME: 'Our accounts',
    };
    expect(readConfig({ ...settings(), ...more }).oidc).toMatchObject({
      client: {
        issuer: 'http://127.0.0.1:8080/realms/one',
        clientSecret: 'hush',
        scopes: 'openid groups',
        groupsClaim: 'https://example/roles',
      },
      name: 'Our accounts',
    });
    const behind = { SKEP_BEHIND_PROXY: 'yes', SKEP_CONSOLE_URL: 'https://skep.example' };
    expect(readConfig({ ...settings(), ...behind }).oidc).not.toBeNull();
  });
});

describe('the file of groups', () => {
  it.each([
    ['nothing', '', 'array'],
    ['no entry', '[]', '1'],
    ['no list', 'group: ops', 'array'],
    ['no YAML', '- { group: ops', 'line 1: '],
    ['an alias', '- &a { group: ops, role: VIEWER, clusters: ["*"] }\n- *a', 'no aliases'],
    ['an entry without a group', '- { role: VIEWER, clusters: ["*"] }', 'entry 1, group: '],
    ['an entry without clusters', '- { group: a, role: VIEWER }', 'entry 1, clusters: '],
    ['an entry of no cluster', '- { group: a, role: VIEWER, clusters: [] }', 'entry 1, clusters: '],
    ['all clusters and one', '- { group: a, role: VIEWER, clusters: ["*", b] }', 'stands alone'],
    ['a role in small letters', '- { group: a, role: viewer, clusters: ["*"] }', 'entry 1, role: '],
    [
      'another permission',
      '- { group: a, role: VIEWER, clusters: ["*"], permissions: [all] }',
      'entry 1, permissions.0: ',
    ],
    ['a word that means nothing', '- { group: a, role: VIEWER, clusters: ["*"], cluster: b }', 'entry 1: '],
    [
      'a group twice',
      '- { group: a, role: VIEWER, clusters: ["*"] }\n- { group: a, role: ADMIN, clusters: ["*"] }',
      'entry 2, group: a has an entry before',
    ],
  ])('is refused with %s', (_, text, says) => {
    expect(() => parseGroupRules(text)).toThrow(says);
  });

  it('is YAML or JSON; the example of the documents is one', () => {
    const rules = parseGroupRules(example);
    expect(rules.map(({ group, role, clusters }) => [group, role, clusters])).toEqual([
      ['platform-admins', 'admin', null],
      ['ops', 'operator', null],
      ['shop-team', 'admin', ['shop', 'shop-staging']],
      ['everybody', 'viewer', null],
    ]);
    const document = readFileSync(new URL('../../docs/sign-in.md', import.meta.url), 'utf8');
    const shown = /```text\n([^`]+)```/.exec(document)?.[1] ?? '';
    expect(parseGroupRules(shown)).toEqual(rules);
    expect(parseGroupRules(JSON.stringify([{ group: 'ops', role: 'OPERATOR', clusters: ['*'] }]))).toEqual([
      { group: 'ops', role: 'operator', permissions: [], clusters: null },
    ]);
  });

  it('gives the rights of the first entry that fits, for clusters by name or id', () => {
    const rules: readonly GroupRule[] = parseGroupRules(example);
    const ids = (name: string): string[] => (name === 'shop' ? ['id-of-shop'] : [name]);
    const rights = (...of: string[]) => rightsOfGroups(rules, of, ids);
    expect(rights('nobody')).toBeNull();
    expect(rights()).toBeNull();
    expect(rights('everybody', 'shop-team')).toEqual({
      role: 'admin',
      permissions: [],
      clusters: ['id-of-shop', 'shop-staging'],
    });
    expect(rights('everybody', 'shop-team', 'ops')).toEqual({
      role: 'operator',
      permissions: [],
      clusters: null,
    });
    // Letter by letter.
    expect(rights('Ops', 'ops ')).toBeNull();
  });
});

it('a cluster that is called by the id of another takes nothing of its rights', () => {
  const clusters = [
    { id: 'a', name: 'b' },
    { id: 'b', name: 'shop' },
    { id: 'c', name: 'shop' },
  ];
  const ids = (idOrName: string) => clusterIdsOf(clusters, idOrName);
  expect([ids('b'), ids('shop'), ids('later')]).toEqual([['b'], ['b', 'c'], ['later']]);
});

it('a person’s id is of issuer and subject together', () => {
  const ids = [
    personId('https://a.example', 'b'),
    personId('https://a.exampleb', ''),
    personId('https://a.example', 'B'),
    personId('https://b.example', 'b'),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(personId('https://a.example', 'b')).toBe(ids[0]);
});

it.each([
  ['/nodes/a?b=c', '/nodes/a?b=c'],
  ['/nodes#part', '/nodes'],
  ['/../../session/x', '/'],
  ['//evil.example', '/'],
  ['/.//evil.example', '/'],
  ['/a/..//evil.example', '/'],
  ['/.\\evil.example', '/evil.example'],
  ['/%2f%2fevil.example', '/%2f%2fevil.example'],
  [null, '/'],
  ['', '/'],
])('of the return %j comes %j', (asked, path) => {
  expect(safeReturn(asked)).toBe(path);
});
