// The fleet document: what it may say, what it may not with the line and what is allowed, and its published schema.
import { describe, expect, it } from 'vitest';
import { publishedSchema } from '../../server/fleet/document-shape.ts';
import { parseDocument } from '../../server/fleet/parse.ts';
import { Failure } from '../../server/platform/failure.ts';

const good = `skepFleet: 1
cluster: production
nodes:
  - host: alpha
    role: manager
    labels: { zone: a, old: null }
  - match: { engineLabels: { rack: r1 }, name: "web-*" }
    role: WORKER
    availability: drain
networks:
  - name: backend
    attachable: true
services:
  - name: web
    image: nginx:1.27
    replicas: 2
    labels: { team: a }
    updateConfig: { order: stop-first, failureAction: ROLLBACK }
    networks: [backend]
`;

const refusalOf = (text: string): string => {
  try {
    parseDocument(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.code).toBe('BAD_USER_INPUT');
    return `${error.message}; ${error.hint ?? ''}`;
  }
  throw new Error('it was taken');
};
const without = (part: string, instead = ''): string => {
  expect(good).toContain(part);
  return good.replace(part, instead);
};

/** Each alias is ten of the one before. */
const bomb = `a0: &a0 [x]\n${[1, 2, 3, 4, 5, 6]
  .map((at) => `a${at}: &a${at} [${Array.from({ length: 10 }, () => `*a${at - 1}`).join(', ')}]`)
  .join('\n')}\n`;

const refused: [what: string, text: string, message: RegExp][] = [
  ['nothing', '', /line 1: has no skepFleet; skepFleet: 1/],
  ['a list', '- a', /line 1: has no skepFleet/],
  ['no version', without('skepFleet: 1\n'), /has no skepFleet/],
  [
    'a later version',
    without('skepFleet: 1', 'skepFleet: 2'),
    /line 1, skepFleet: is a version that is not known/,
  ],
  ['no YAML', `${good}  bad: [`, /line \d+: /],
  [
    'a key twice',
    without('role: manager', 'role: manager\n    role: worker'),
    /line 6: a key stands there twice/,
  ],
  ['two documents', `${good}---\nskepFleet: 1\n`, /line 20: another document begins/],
  ['brackets alone', ']'.repeat(131_000), /line 1: Unexpected flow-seq-end/],
  ['a tag of its own', without('production', '!secret production'), /line 2: Unresolved tag/],
  ['aliases of aliases', `${good}${bomb}`, /too many aliases/],
  ['nesting without end', '['.repeat(50_000), /nested too deep/],
  ['too much of it', `${good}# ${'x'.repeat(131_072)}`, /characters; at most 131072/],
  ['an unknown key', `${good}secrets: []\n`, /secrets: is not known; allowed here: skepFleet, cluster/],
  [
    'an unknown key of a node',
    without('role: manager', 'rolle: manager'),
    /line 5, nodes\[0\]\.rolle: is not known; allowed here: host, match, role, availability, labels/,
  ],
  [
    'an unknown key of a port',
    `${good}    ports: [{ target: 80, publish: 1 }]\n`,
    /line 20, services\[0\]\.ports\[0\]\.publish: is not known; allowed here: target, published, protocol, mode/,
  ],
  [
    'an environment, without its values',
    `${good}    env: [{ name: A, value: open-sesame }]\n`,
    /line 20, services\[0\]\.env: values of an environment are secrets(?!.*open-sesame).*updateService/,
  ],
  ['another role', without('role: manager', 'role: boss'), /line 5, nodes\[0\]\.role: .*"MANAGER"\|"WORKER"/],
  [
    'a number as label',
    without('zone: a', 'zone: 1'),
    /line 6, nodes\[0\]\.labels\.zone: is no text: put it in quotes/,
  ],
  ['a label that cannot be', without('zone: a', '"a b": a'), /line 6, nodes\[0\]\.labels\.a b: /],
  [
    'a yes as label of a service',
    without('team: a', 'team: true'),
    /line 17, services\[0\]\.labels\.team: is no text/,
  ],
  ['a label of a prototype', without('team: a', '__proto__: a'), /is no key/],
  ['no nodes', 'skepFleet: 1\ncluster: a\nnodes: []\n', /line 3, nodes: names no host/],
  ['no manager', without('role: manager', 'role: worker'), /line 3, nodes: names no manager/],
  [
    'neither host nor match',
    without('host: alpha', 'availability: pause'),
    /line 4, nodes\[0\]: names hosts by host or by match/,
  ],
  [
    'both',
    without('host: alpha', 'host: alpha\n    match: { name: a }'),
    /line 4, nodes\[0\]: names hosts by host or by match/,
  ],
  [
    'a match of everything',
    without('{ engineLabels: { rack: r1 }, name: "web-*" }', '{}'),
    /line 7, nodes\[1\]\.match: fits every host/,
  ],
  [
    'a name of a network that cannot be',
    without('name: backend', 'name: back end'),
    /line 11, networks\[0\]\.name: is no name/,
  ],
  [
    'a network twice',
    without('services:', '  - name: backend\nservices:'),
    /line 13, networks\[1\]: names backend again, as line 11 does/,
  ],
  [
    'a service twice',
    `${good}  - name: web\n    image: a\n`,
    /line 20, services\[1\]: names web again, as line 14 does/,
  ],
  ['no image', without('image: nginx:1.27', 'user: a'), /line 14, services\[0\]\.image: /],
  [
    'replicas of a global service',
    without('replicas: 2', 'replicas: 2\n    mode: global'),
    /line 16, services\[0\]\.replicas: a global service/,
  ],
];

describe('a fleet document', () => {
  it.each(refused)('with %s is refused', (_, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });

  it('is read: words of any case, labels as a map, defaults of nodes', () => {
    const { nodes, networks, services, cluster } = parseDocument(good);
    expect(cluster).toBe('production');
    expect(nodes).toMatchObject([
      {
        host: 'alpha',
        role: 'MANAGER',
        availability: 'ACTIVE',
        labels: [{ key: 'zone', value: 'a' }],
        withoutLabels: ['old'],
      },
      {
        match: { name: 'web-*', engineLabels: { rack: 'r1' } },
        role: 'WORKER',
        availability: 'DRAIN',
      },
    ]);
    expect(networks).toMatchObject([{ name: 'backend', input: { name: 'backend', attachable: true } }]);
    expect(services[0]?.input).toEqual({
      name: 'web',
      image: 'nginx:1.27',
      replicas: 2,
      labels: [{ key: 'team', value: 'a' }],
      updateConfig: { order: 'STOP_FIRST', failureAction: 'ROLLBACK' },
      networks: ['backend'],
    });
    expect(services[0]?.wanted).toMatchObject({ mode: null, command: null, replicas: 2 });
  });

  it('may be JSON, and says the same', () => {
    const yaml = parseDocument('skepFleet: 1\ncluster: a\nnodes:\n  - { host: b, role: manager }\n');
    const json = parseDocument('{"skepFleet":1,"cluster":"a","nodes":[{"host":"b","role":"MANAGER"}]}');
    expect(json).toEqual({ ...yaml, nodes: yaml.nodes.map((node) => ({ ...node, line: 1 })) });
  });

  it('has a schema that is published (vitest -u writes it anew)', async () => {
    await expect(`${JSON.stringify(publishedSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../docs/fleet.schema.json',
    );
  });
});
