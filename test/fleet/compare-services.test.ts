// A service made from any document shows no difference, whatever the agent and Docker make of it; and what is changed does.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../agent/engine.ts';
import { serviceParts } from '../../agent/service-shapes.ts';
import { resolveReferences, withParts } from '../../agent/service-spec.ts';
import { compareServices } from '../../server/fleet/compare-services.ts';
import type { ServiceEntry } from '../../server/fleet/document.ts';
import { parseDocument } from '../../server/fleet/parse.ts';
import { plainConstraint, plainImage } from '../../server/fleet/service-parts.ts';
import { engineService, type Service } from '../../server/services/swarm-service.ts';

const entryOf = (service: object): ServiceEntry => {
  const nodes = [{ host: 'a', role: 'manager' }];
  const document = {
    skepFleet: 1,
    cluster: 'c',
    nodes,
    services: [{ name: 'web', image: 'nginx', ...service }],
  };
  const [entry] = parseDocument(JSON.stringify(document)).services;
  if (!entry) throw new Error('no service');
  return entry;
};

/** Each secret and config has the name that it is asked for by. */
const engine = {
  fileObject: async (_: string, ref: string) => ({ ID: `id-of-${ref}`, Spec: { Name: ref } }),
} as unknown as Engine;

/** As GET /services shows what the agent writes for it. */
const serviceOf = async ({ wanted }: ServiceEntry): Promise<Service> => {
  const parts = serviceParts.parse(wanted);
  const Mode = wanted.mode === 'GLOBAL' ? { Global: {} } : { Replicated: { Replicas: 1 } };
  const Spec = withParts({ Name: 'web', Mode }, parts, null, await resolveReferences(engine, parts));
  const at = '2026-01-01T00:00:00Z';
  return engineService.parse({ ID: 's', Version: { Index: 1 }, CreatedAt: at, UpdatedAt: at, Spec });
};
const pathsOf = (entry: ServiceEntry, service: Service): string[] =>
  compareServices([entry], [service], []).flatMap(({ differences }) => differences.map(({ path }) => path));

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const seconds = fc.double({ min: 0, max: 100, noNaN: true, noDefaultInfinity: true });
const part = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const labels = fc.dictionary(word, fc.string({ maxLength: 5 }), { noNullPrototype: true });
const file = fc.record(
  { ref: word, fileName: word, uid: fc.constant('7'), gid: fc.constant('8'), mode: fc.nat(0o777) },
  { requiredKeys: ['ref'] },
);
const policy = fc.record({
  parallelism: part(fc.nat(9)),
  delaySeconds: part(seconds),
  failureAction: part(fc.constantFrom('pause', 'CONTINUE', 'rollback')),
  monitorSeconds: part(seconds),
  maxFailureRatio: part(fc.constantFrom(0, 0.1, 0.3, 1)),
  order: part(fc.constantFrom('stop-first', 'START_FIRST')),
});
const service = fc.record({
  image: fc.constantFrom(
    'nginx',
    'nginx:1.27',
    'docker.io/library/nginx',
    'r.example:5000/a/b',
    `a@sha256:${'a'.repeat(64)}`,
  ),
  command: part(fc.array(word, { maxLength: 3 })),
  args: part(fc.array(word, { maxLength: 3 })),
  user: part(word),
  workingDirectory: part(word.map((name) => `/${name}`)),
  stopGraceSeconds: part(seconds),
  labels: part(labels),
  containerLabels: part(labels),
  mounts: part(
    fc.array(
      fc.record({
        type: fc.constantFrom('volume', 'VOLUME'),
        source: part(word),
        target: word.map((name) => `/${name}`),
      }),
      { maxLength: 3 },
    ),
  ),
  secrets: part(fc.array(file, { maxLength: 3 })),
  configs: part(fc.array(file, { maxLength: 3 })),
  capabilitiesAdd: part(fc.array(fc.constantFrom('NET_ADMIN', 'CAP_SYS_TIME', 'CAP_NET_ADMIN'))),
  constraints: part(
    fc.array(fc.constantFrom('node.role==manager', ' node.labels.a  !=  b c ', 'node.id == x')),
  ),
  preferences: part(fc.array(fc.constantFrom('node.labels.zone', 'engine.labels.rack'))),
  maxReplicasPerNode: part(fc.nat(5)),
  replicas: part(fc.nat(5)),
  resources: part(
    fc.record({
      cpuLimit: part(seconds),
      memoryLimitBytes: part(fc.nat()),
      cpuReservation: part(seconds),
      memoryReservationBytes: part(fc.nat()),
    }),
  ),
  restartPolicy: part(
    fc.record({
      condition: part(fc.constantFrom('none', 'on-failure', 'ANY')),
      delaySeconds: part(seconds),
      maxAttempts: part(fc.nat(9)),
      windowSeconds: part(seconds),
    }),
  ),
  updateConfig: part(policy),
  rollbackConfig: part(policy),
  networks: part(fc.array(word, { maxLength: 3 })),
  endpointMode: part(fc.constantFrom('vip', 'DNSRR')),
  ports: part(
    fc.array(
      fc.record({
        target: fc.integer({ min: 1, max: 65_535 }),
        published: part(fc.integer({ min: 1, max: 65_535 })),
        protocol: part(fc.constantFrom('tcp', 'UDP')),
        mode: part(fc.constantFrom('ingress', 'HOST')),
      }),
      { maxLength: 3 },
    ),
  ),
});

describe('services against their document', () => {
  it('show no difference when they are made from it, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(service, async (declared) => {
        const entry = entryOf(declared);
        expect(pathsOf(entry, await serviceOf(entry))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('show none when the lists come back in another order', async () => {
    await fc.assert(
      fc.asyncProperty(service, async (declared) => {
        const entry = entryOf(declared);
        const made = await serviceOf(entry);
        const turned = Object.fromEntries(
          [
            'labels',
            'containerLabels',
            'mounts',
            'secrets',
            'configs',
            'capabilitiesAdd',
            'constraints',
            'networks',
            'ports',
          ].map((name) => [name, [...(made[name as 'labels'] as unknown[])].reverse()]),
        );
        expect(pathsOf(entry, { ...made, ...turned } as Service)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['image', { image: 'nginx:1.28' }],
    ['mode', { mode: 'global' }],
    ['command', { command: ['b', 'a'] }],
    ['user', { user: 'b' }],
    ['stopGraceSeconds', { stopGraceSeconds: 11 }],
    ['labels', { labels: {} }],
    ['mounts', { mounts: [{ type: 'volume', source: 'v', target: '/v', readOnly: true }] }],
    ['secrets', { secrets: [{ ref: 's', mode: 0o400 }] }],
    ['configs', { configs: [] }],
    ['capabilitiesAdd', { capabilitiesAdd: ['NET_ADMIN', 'SYS_TIME'] }],
    ['constraints', { constraints: ['node.labels.a != b'] }],
    ['preferences', { preferences: ['node.labels.rack', 'node.labels.zone'] }],
    ['maxReplicasPerNode', { maxReplicasPerNode: 1 }],
    ['replicas', { replicas: 2 }],
    ['resources.cpuLimit', { resources: { cpuLimit: 0.5, memoryLimitBytes: 0 } }],
    ['restartPolicy.condition', { restartPolicy: { condition: 'none', delaySeconds: 5 } }],
    ['updateConfig.order', { updateConfig: { order: 'start-first', parallelism: 1 } }],
    ['rollbackConfig.failureAction', { rollbackConfig: { failureAction: 'continue', monitorSeconds: 5 } }],
    ['networks', { networks: ['a', 'b'] }],
    ['endpointMode', { endpointMode: 'dnsrr' }],
    ['ports', { ports: [{ target: 80, mode: 'host' }] }],
  ])('show a difference in %s, and in nothing else', async (path, changed) => {
    const made = {
      image: 'nginx:1.27',
      command: ['a', 'b'],
      user: 'a',
      labels: { a: 'b' },
      mounts: [{ type: 'volume', source: 'v', target: '/v' }],
      secrets: [{ ref: 's' }],
      configs: [{ ref: 'c' }],
      capabilitiesAdd: ['CAP_NET_ADMIN'],
      constraints: ['node.labels.a == b'],
      preferences: ['node.labels.zone', 'node.labels.rack'],
      networks: ['a'],
      ports: [{ target: 80 }],
    };
    expect(pathsOf(entryOf({ image: 'nginx:1.27', ...changed }), await serviceOf(entryOf(made)))).toEqual([
      path,
    ]);
  });

  it('leave alone what is not declared', async () => {
    const made = await serviceOf(
      entryOf({ labels: { a: 'b' }, replicas: 4, user: 'a', ports: [{ target: 80 }] }),
    );
    expect(pathsOf(entryOf({}), made)).toEqual([]);
  });

  it('match files and ports that say little after those that say more', async () => {
    const some = {
      secrets: [{ ref: 's' }, { ref: 's', fileName: 'b', mode: 0o400 }],
      ports: [{ target: 80 }, { target: 80, published: 8_080 }],
    };
    const made = await serviceOf(
      entryOf({ ...some, ports: [{ target: 80, published: 9 }, ...some.ports.slice(1)] }),
    );
    for (const turned of [
      made,
      { ...made, secrets: made.secrets.toReversed(), ports: made.ports.toReversed() },
    ])
      expect(pathsOf(entryOf(some), turned)).toEqual([]);
  });

  it.each([
    ['nginx', 'nginx:latest'],
    ['docker.io/library/nginx:1.27', 'nginx:1.27'],
    [`nginx:1.27@sha256:${'a'.repeat(64)}`, 'nginx:1.27'],
    ['localhost:5000/a', 'localhost:5000/a:latest'],
    ['docker.io/somebody/a:1', 'somebody/a:1'],
  ])('%s is %s', (image, plain) => expect(plainImage(image, false)).toBe(plain));

  it('have constraints of one form', () => {
    expect(plainConstraint(' node.labels.a==b == c ')).toBe('node.labels.a == b == c');
  });
});
