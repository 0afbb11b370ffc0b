// Every refusal of every mutation: in which situation, of which input, with which code. A table, so that none is missed.

/** What the rows speak of. Hosts and clusters by id, nodes by id where not said otherwise. */
export type World = {
  /** Made by Skep, called `test`. */
  cluster: string;
  /** Found, not adopted. */
  other: { cluster: string; name: string; node: string };
  /** Hosts. `returned` left by hand and joined again; `stranger` is of the other cluster. */
  hosts: { manager: string; worker: string; returned: string; free: string; stranger: string };
  nodes: { manager: string; worker: string; returned: string; gone: string };
  /** The hostname that two nodes of the cluster have: `returned` and `gone`. */
  ambiguous: string;
  workerName: string;
  endedOperation: string;
};

export type Situation =
  | 'all is well'
  | 'a node is Down'
  | 'agents are stopped'
  | 'the agent of the only manager is stopped'
  | 'a join is pending'
  | 'an engine is dead'
  | 'a host is revoked';

export type Refusal = {
  mutation: string;
  code: string;
  /** Names what is refused. */
  of: string;
  input: (world: World) => Record<string, unknown>;
};

const nosuch = 'nosuch';
const nodeMutations: Record<string, Record<string, unknown>> = {
  promoteNodes: {},
  demoteNodes: {},
  setNodeAvailability: { availability: 'DRAIN' },
  drainNodes: {},
  updateNodeLabels: { set: [{ key: 'zone', value: 'a' }] },
  removeNodes: {},
  decommissionNodes: {},
};

const ofEachNodeMutation = (code: string, of: string, where: (world: World) => object): Refusal[] =>
  Object.entries(nodeMutations).map(([mutation, extra]) => ({
    mutation,
    code,
    of,
    input: (world) => ({ ...extra, ...where(world) }),
  }));

const ofEach = (mutations: readonly string[], code: string, of: string, input: Refusal['input']): Refusal[] =>
  mutations.map((mutation) => ({ mutation, code, of, input }));

/** What changes the swarm's own spec. */
const specMutations: Record<string, Record<string, unknown>> = {
  updateCluster: { taskHistoryLimit: 7 },
  rotateUnlockKey: {},
  rotateCA: {},
};
const ofEachSpecMutation = (code: string, of: string, where: (world: World) => object): Refusal[] =>
  Object.entries(specMutations).map(([mutation, extra]) => ({
    mutation,
    code,
    of,
    input: (world) => ({ ...extra, ...where(world) }),
  }));

/** What a manager keeps beside nodes: networks, secrets, configs. */
const objectMutations: Record<string, Record<string, unknown>> = {
  createNetwork: { name: 'app' },
  removeNetwork: { network: 'ingress' },
  createSecret: { name: 'password', value: 'v' },
  createConfig: { name: 'motd', value: 'v' },
  removeSecret: { secret: 'password' },
  removeConfig: { config: 'motd' },
  rotateSecret: { secret: 'password', value: 'v' },
  rotateConfig: { config: 'motd', value: 'v' },
};
const ofEachObjectMutation = (
  code: string,
  of: string,
  where: (world: World) => object,
  mutations = objectMutations,
): Refusal[] =>
  Object.entries(mutations).map(([mutation, extra]) => ({
    mutation,
    code,
    of,
    input: (world) => ({ ...extra, ...where(world) }),
  }));
/** What changes one service, or makes one. */
const serviceMutations: Record<string, Record<string, unknown>> = {
  updateService: { service: nosuch, image: 'x' },
  scaleService: { services: [{ service: nosuch, replicas: 1 }] },
  rollbackService: { service: nosuch },
  removeService: { service: nosuch },
};
const ofEachServiceMutation = (code: string, of: string, where: (world: World) => object): Refusal[] =>
  Object.entries({ createService: { name: 'web', image: 'x' }, ...serviceMutations }).map(
    ([mutation, extra]) => ({ mutation, code, of, input: (world) => ({ ...extra, ...where(world) }) }),
  );
const mounting = (source: string): Refusal => ({
  mutation: 'createService',
  code: 'NOT_ALLOWED',
  of: `a mount of ${source}`,
  input: ({ cluster }) => ({
    cluster,
    name: 'web',
    image: 'x',
    mounts: [{ type: 'BIND', source, target: '/mnt' }],
  }),
});

const tokenMutations = ['revealJoinToken', 'revealUnlockKey', 'rotateJoinToken'];
const ofToken = (mutation: string, cluster: string) => ({
  cluster,
  ...(mutation === 'revealUnlockKey' ? {} : { role: 'WORKER' }),
});

/** A free host: to make a cluster on, and to join. */
const ofFreeHost = (code: string, of: string): Refusal[] => [
  { mutation: 'initCluster', code, of, input: ({ hosts }) => ({ host: hosts.free }) },
  {
    mutation: 'joinHosts',
    code,
    of,
    input: ({ hosts, cluster }) => ({ cluster, hosts: [{ host: hosts.free }] }),
  },
];

/** A host that cannot be asked, whatever it is in. */
const ofPreflight = (code: string, of: string): Refusal[] => [
  { mutation: 'preflight', code, of, input: ({ hosts }) => ({ hosts: [{ host: hosts.free }] }) },
];

const ofRecovery = (code: string, of: string, where: (world: World) => object): Refusal[] => [
  {
    mutation: 'recoverCluster',
    code,
    of,
    input: (world) => ({
      cluster: world.cluster,
      host: world.hosts.manager,
      confirm: 'test',
      ...where(world),
    }),
  },
];

const ofMaintenance = (code: string, of: string, where: (world: World) => object): Refusal[] => [
  { mutation: 'rollMaintenance', code, of, input: (world) => ({ cluster: world.cluster, ...where(world) }) },
];

export const refusals: Record<Situation, readonly Refusal[]> = {
  'all is well': [
    {
      mutation: 'preflight',
      code: 'NOT_FOUND',
      of: 'a host that is not there',
      input: () => ({ hosts: [{ host: nosuch }] }),
    },
    {
      mutation: 'preflight',
      code: 'NOT_FOUND',
      of: 'a cluster that is not there',
      input: ({ hosts }) => ({ cluster: nosuch, hosts: [{ host: hosts.free }] }),
    },
    ...ofEachNodeMutation('NOT_FOUND', 'a node that is not there', ({ cluster }) => ({
      nodes: [nosuch],
      cluster,
    })),
    ...ofEachNodeMutation('NOT_FOUND', 'a cluster that is not there', ({ nodes }) => ({
      nodes: [nodes.worker],
      cluster: nosuch,
    })),
    ...ofEachNodeMutation('NOT_FOUND', 'a hostname without its cluster where there are several', (world) => ({
      nodes: [world.workerName],
    })),
    ...ofEachNodeMutation('AMBIGUOUS_REFERENCE', 'a hostname of two nodes', ({ cluster, ambiguous }) => ({
      nodes: [ambiguous],
      cluster,
    })),
    ...ofEachObjectMutation('NOT_FOUND', 'a cluster that is not there', () => ({ cluster: nosuch })),
    ...ofEachObjectMutation('NOT_ADOPTED', 'a cluster that Skep did not make', ({ other }) => ({
      cluster: other.cluster,
    })),
    {
      mutation: 'removeSecret',
      code: 'NOT_FOUND',
      of: 'a secret that is not there',
      input: ({ cluster }) => ({ cluster, secret: nosuch }),
    },
    {
      mutation: 'removeConfig',
      code: 'NOT_FOUND',
      of: 'a config that is not there',
      input: ({ cluster }) => ({ cluster, config: nosuch }),
    },
    {
      mutation: 'createNetwork',
      code: 'NAME_TAKEN',
      of: 'a name of another network',
      input: ({ cluster }) => ({ cluster, name: 'ingress' }),
    },
    {
      mutation: 'createNetwork',
      code: 'SUBNET_TAKEN',
      of: 'a subnet that overlaps another network’s',
      input: ({ cluster }) => ({ cluster, name: 'app', subnets: [{ subnet: '10.0.0.0/8' }] }),
    },
    {
      mutation: 'removeNetwork',
      code: 'NETWORK_NEEDED',
      of: 'the ingress network',
      input: ({ cluster }) => ({ cluster, network: 'ingress' }),
    },
    {
      mutation: 'removeNetwork',
      code: 'NOT_FOUND',
      of: 'a network that is not there',
      input: ({ cluster }) => ({ cluster, network: nosuch }),
    },
    ...ofEachNodeMutation('NOT_ADOPTED', 'a cluster that Skep did not make', ({ other }) => ({
      nodes: [other.node],
    })),
    ...ofMaintenance('NOT_FOUND', 'a cluster that is not there', ({ nodes }) => ({
      cluster: nosuch,
      nodes: [nodes.worker],
    })),
    ...ofMaintenance('NOT_FOUND', 'a node that is not there', () => ({ nodes: [nosuch] })),
    ...ofMaintenance('NOT_FOUND', 'a selector that fits nothing', () => ({
      selector: { labels: [{ key: nosuch, value: 'x' }] },
    })),
    ...ofMaintenance('NOT_FOUND', 'a hook that the server does not have', ({ nodes }) => ({
      nodes: [nodes.worker],
      proceed: 'HOOK',
      hook: nosuch,
    })),
    ...ofMaintenance('AMBIGUOUS_REFERENCE', 'a hostname of two nodes', ({ ambiguous }) => ({
      nodes: [ambiguous],
    })),
    ...ofMaintenance('NOT_ADOPTED', 'a cluster that Skep did not make', ({ other }) => ({
      cluster: other.cluster,
      selector: { all: true },
    })),
    ...ofMaintenance('WOULD_LOSE_QUORUM', 'the only manager', ({ nodes }) => ({ nodes: [nodes.manager] })),
    ...ofEach(
      ['proceedMaintenance', 'pauseMaintenance', 'resumeMaintenance'],
      'NOT_FOUND',
      'an operation that is no maintenance',
      ({ endedOperation }) => ({ operation: endedOperation }),
    ),
    {
      mutation: 'demoteNodes',
      code: 'LAST_MANAGER',
      of: 'the only manager',
      input: ({ nodes }) => ({ nodes: [nodes.manager] }),
    },
    {
      mutation: 'removeNodes',
      code: 'NODE_IS_MANAGER',
      of: 'a manager',
      input: ({ nodes }) => ({ nodes: [nodes.manager] }),
    },
    {
      mutation: 'removeNodes',
      code: 'NODE_IS_MANAGER',
      of: 'a manager, by force',
      input: ({ nodes }) => ({ nodes: [nodes.manager], force: true }),
    },
    {
      mutation: 'removeNodes',
      code: 'NODE_NOT_DOWN',
      of: 'a Ready node',
      input: ({ nodes }) => ({ nodes: [nodes.worker] }),
    },
    {
      mutation: 'removeNodes',
      code: 'NOT_FOUND',
      of: 'a prefix of an id',
      input: ({ nodes, cluster }) => ({ nodes: [nodes.worker.slice(0, 20)], cluster }),
    },
    {
      mutation: 'initCluster',
      code: 'NOT_FOUND',
      of: 'a host that is not there',
      input: () => ({ host: nosuch }),
    },
    {
      mutation: 'initCluster',
      code: 'ALREADY_IN_SWARM',
      of: 'a member',
      input: ({ hosts }) => ({ host: hosts.worker }),
    },
    {
      mutation: 'initCluster',
      code: 'ADDRESS_NOT_LOCAL',
      of: 'an address of elsewhere',
      input: ({ hosts }) => ({ host: hosts.free, advertiseAddr: '203.0.113.5' }),
    },
    {
      mutation: 'initCluster',
      code: 'NAME_TAKEN',
      of: 'a name of another cluster',
      input: ({ hosts }) => ({ host: hosts.free, name: 'test' }),
    },
    {
      mutation: 'joinHosts',
      code: 'NOT_FOUND',
      of: 'a cluster that is not there',
      input: ({ hosts }) => ({ cluster: nosuch, hosts: [{ host: hosts.free }] }),
    },
    {
      mutation: 'joinHosts',
      code: 'NOT_FOUND',
      of: 'a host that is not there, beside one that is',
      input: ({ cluster, hosts }) => ({ cluster, hosts: [{ host: hosts.free }, { host: nosuch }] }),
    },
    {
      mutation: 'joinHosts',
      code: 'NOT_ADOPTED',
      of: 'a cluster that Skep did not make',
      input: ({ other, hosts }) => ({ cluster: other.cluster, hosts: [{ host: hosts.free }] }),
    },
    {
      mutation: 'joinHosts',
      code: 'IN_OTHER_SWARM',
      of: 'a member of another swarm, beside a free host',
      input: ({ cluster, hosts }) => ({ cluster, hosts: [{ host: hosts.free }, { host: hosts.stranger }] }),
    },
    {
      mutation: 'joinHosts',
      code: 'ADDRESS_NOT_LOCAL',
      of: 'an address of elsewhere, with a port',
      input: ({ cluster, hosts }) => ({
        cluster,
        hosts: [{ host: hosts.free, advertiseAddr: '203.0.113.5:2377' }],
      }),
    },
    {
      mutation: 'createWebhook',
      code: 'NOT_FOUND',
      of: 'a cluster that is not there',
      input: () => ({
        name: 'x',
        url: 'https://receiver.example',
        alarms: ['NODE_DOWN'],
        clusters: [nosuch],
      }),
    },
    ...ofEach(
      ['updateWebhook', 'rotateWebhookSecret', 'deleteWebhook', 'testWebhook'],
      'NOT_FOUND',
      'a webhook that is not there',
      () => ({ id: nosuch }),
    ).map((row) =>
      row.mutation === 'updateWebhook' ? { ...row, input: () => ({ id: nosuch, enabled: false }) } : row,
    ),
    {
      mutation: 'redeliver',
      code: 'NOT_FOUND',
      of: 'a delivery that is not there',
      input: () => ({ delivery: nosuch }),
    },
    {
      mutation: 'leaveSwarm',
      code: 'NOT_FOUND',
      of: 'a host that is not there',
      input: () => ({ hosts: [nosuch] }),
    },
    {
      mutation: 'leaveSwarm',
      code: 'FORCE_NEEDLESS',
      of: 'a member of a cluster that works, by force',
      input: ({ hosts }) => ({ hosts: [hosts.worker], force: true }),
    },
    {
      mutation: 'leaveSwarm',
      code: 'LAST_MANAGER',
      of: 'the only manager',
      input: ({ hosts }) => ({ hosts: [hosts.manager] }),
    },
    {
      mutation: 'leaveSwarm',
      code: 'NOT_ADOPTED',
      of: 'a cluster that Skep did not make',
      input: ({ hosts }) => ({ hosts: [hosts.stranger] }),
    },
    ...ofEach(['adoptCluster', 'forgetCluster'], 'NOT_FOUND', 'a cluster that is not there', () => ({
      cluster: nosuch,
    })),
    {
      mutation: 'adoptCluster',
      code: 'CLUSTER_CHANGED',
      of: 'another CA digest',
      input: ({ other }) => ({ cluster: other.cluster, caDigest: 'ab'.repeat(32) }),
    },
    {
      mutation: 'adoptCluster',
      code: 'NAME_TAKEN',
      of: 'a name of another cluster',
      input: ({ other }) => ({ cluster: other.cluster, name: 'test' }),
    },
    {
      mutation: 'renameCluster',
      code: 'NOT_FOUND',
      of: 'a cluster that is not there',
      input: () => ({ cluster: nosuch, name: 'x' }),
    },
    {
      mutation: 'renameCluster',
      code: 'NAME_TAKEN',
      of: 'a name of another cluster',
      input: ({ cluster, other }) => ({ cluster, name: other.name }),
    },
    {
      mutation: 'forgetCluster',
      code: 'HOST_CONNECTED',
      of: 'a cluster whose managers’ agents are connected',
      input: ({ cluster }) => ({ cluster }),
    },
    {
      mutation: 'dissolveCluster',
      code: 'NOT_FOUND',
      of: 'a cluster that is not there',
      input: () => ({ cluster: nosuch, confirm: nosuch }),
    },
    {
      mutation: 'dissolveCluster',
      code: 'NOT_CONFIRMED',
      of: 'another name than the cluster’s',
      input: ({ cluster }) => ({ cluster, confirm: 'tests' }),
    },
    {
      mutation: 'dissolveCluster',
      code: 'NOT_ADOPTED',
      of: 'a cluster that Skep did not make',
      input: ({ other }) => ({ cluster: other.cluster, confirm: other.name }),
    },
    ...ofRecovery('NOT_FOUND', 'a cluster that is not there', () => ({ cluster: nosuch })),
    ...ofRecovery('NOT_FOUND', 'a host that is not there', () => ({ host: nosuch })),
    ...ofRecovery('NOT_CONFIRMED', 'another name than the cluster’s', () => ({ confirm: 'Test' })),
    ...ofRecovery('NOT_MANAGER', 'a worker', ({ hosts }) => ({ host: hosts.worker })),
    ...ofRecovery('NOT_MANAGER', 'a manager of another cluster', ({ hosts }) => ({ host: hosts.stranger })),
    ...ofRecovery('NOT_ADOPTED', 'a cluster that Skep did not make', ({ other, hosts }) => ({
      cluster: other.cluster,
      host: hosts.stranger,
      confirm: other.name,
    })),
    ...ofRecovery('HAS_QUORUM', 'a cluster that works', () => ({})),
    ...tokenMutations.map((mutation) => ({
      mutation,
      code: 'NOT_FOUND',
      of: 'a cluster that is not there',
      input: () => ofToken(mutation, nosuch),
    })),
    {
      mutation: 'unlockHosts',
      code: 'NOT_FOUND',
      of: 'a host that is not there',
      input: () => ({ hosts: [nosuch] }),
    },
    {
      mutation: 'unlockHosts',
      code: 'NOT_IN_SWARM',
      of: 'a host in no swarm',
      input: ({ hosts }) => ({ hosts: [hosts.free] }),
    },
    {
      mutation: 'unlockHosts',
      code: 'NOT_ADOPTED',
      of: 'a cluster that Skep did not make',
      input: ({ hosts }) => ({ hosts: [hosts.stranger] }),
    },
    ...ofEachSpecMutation('NOT_FOUND', 'a cluster that is not there', () => ({ cluster: nosuch })),
    ...ofEachSpecMutation('NOT_ADOPTED', 'a cluster that Skep did not make', ({ other }) => ({
      cluster: other.cluster,
    })),
    {
      mutation: 'rotateUnlockKey',
      code: 'AUTOLOCK_OFF',
      of: 'a cluster without autolock',
      input: ({ cluster }) => ({ cluster }),
    },
    {
      mutation: 'rotateJoinToken',
      code: 'NOT_ADOPTED',
      of: 'a cluster that Skep did not make',
      input: ({ other }) => ({ cluster: other.cluster, role: 'MANAGER' }),
    },
    {
      mutation: 'renameHost',
      code: 'NOT_FOUND',
      of: 'a host that is not there',
      input: () => ({ id: nosuch, name: 'x' }),
    },
    {
      mutation: 'renameHost',
      code: 'NAME_TAKEN',
      of: 'a name of another host',
      input: ({ hosts, workerName }) => ({ id: hosts.free, name: workerName }),
    },
    ...ofEach(['revokeHost', 'releaseHost', 'forgetHost'], 'NOT_FOUND', 'a host that is not there', () => ({
      id: nosuch,
    })),
    {
      mutation: 'releaseHost',
      code: 'HOST_NOT_QUARANTINED',
      of: 'a host that nobody doubts',
      input: ({ hosts }) => ({ id: hosts.free }),
    },
    {
      mutation: 'forgetHost',
      code: 'HOST_CONNECTED',
      of: 'a host whose agent is connected',
      input: ({ hosts }) => ({ id: hosts.free }),
    },
    {
      mutation: 'cancelOperation',
      code: 'NOT_FOUND',
      of: 'an operation that is not there',
      input: () => ({ id: nosuch }),
    },
    {
      mutation: 'cancelOperation',
      code: 'NOT_CANCELLABLE',
      of: 'an operation that has ended',
      input: ({ endedOperation }) => ({ id: endedOperation }),
    },
    {
      mutation: 'revokeApiKey',
      code: 'NOT_FOUND',
      of: 'a key that is not there',
      input: () => ({ id: nosuch }),
    },
    {
      mutation: 'revokeSession',
      code: 'NOT_FOUND',
      of: 'a session that is not there',
      input: () => ({ id: nosuch }),
    },
    ...ofEachServiceMutation('NOT_FOUND', 'a cluster that is not there', () => ({ cluster: nosuch })),
    ...ofEachServiceMutation('NOT_ADOPTED', 'a cluster that Skep did not make', ({ other }) => ({
      cluster: other.cluster,
    })),
    ...ofEach(Object.keys(serviceMutations), 'NOT_FOUND', 'a service that is not there', ({ cluster }) => ({
      cluster,
    })).map((row) => ({
      ...row,
      input: (world: World) => ({ ...serviceMutations[row.mutation], ...row.input(world) }),
    })),
    // Its agents do not allow services:privileged; the others are refused whatever is allowed.
    ...['/srv/data', '/', '/run/../var//run/docker.sock/', '/var/lib', '/proc/1/root'].map(mounting),
    {
      mutation: 'createService',
      code: 'NOT_ALLOWED',
      of: 'the host’s network',
      input: ({ cluster }) => ({ cluster, name: 'web', image: 'x', networks: ['host'] }),
    },
    {
      mutation: 'sealAudit',
      code: 'NOT_FOUND',
      of: 'a moment before the first record',
      input: () => ({ before: '2000-01-01T00:00:00.000Z' }),
    },
  ],
  // Until a node is Down its managers take it for one that runs tasks.
  'a node is Down': [
    {
      mutation: 'setNodeAvailability',
      code: 'LAST_ACTIVE_NODE',
      of: 'all nodes that take tasks',
      input: ({ nodes }) => ({ nodes: [nodes.worker, nodes.returned], availability: 'PAUSE' }),
    },
    {
      mutation: 'removeNodes',
      code: 'LAST_ACTIVE_NODE',
      of: 'all nodes that take tasks, by force',
      input: ({ nodes }) => ({ nodes: [nodes.worker, nodes.returned], force: true }),
    },
    {
      mutation: 'leaveSwarm',
      code: 'LAST_ACTIVE_NODE',
      of: 'all nodes that take tasks',
      input: ({ hosts }) => ({ hosts: [hosts.worker, hosts.returned] }),
    },
    {
      mutation: 'promoteNodes',
      code: 'NODE_NOT_READY',
      of: 'it, beside a Ready one',
      input: ({ nodes }) => ({ nodes: [nodes.worker, nodes.gone] }),
    },
  ],
  'agents are stopped': [
    {
      mutation: 'dissolveCluster',
      code: 'MEMBERS_LEFT_BEHIND',
      of: 'a cluster with a member whose agent is not connected',
      input: ({ cluster }) => ({ cluster, confirm: 'test' }),
    },
    ...ofFreeHost('HOST_OFFLINE', 'a host whose agent is not connected'),
    ...ofPreflight('HOST_OFFLINE', 'a host whose agent is not connected'),
    {
      mutation: 'unlockHosts',
      code: 'HOST_OFFLINE',
      of: 'a member whose agent is not connected',
      input: ({ hosts }) => ({ hosts: [hosts.worker] }),
    },
    {
      mutation: 'leaveSwarm',
      code: 'HOST_OFFLINE',
      of: 'a member whose agent is not connected',
      input: ({ hosts }) => ({ hosts: [hosts.worker] }),
    },
    {
      mutation: 'adoptCluster',
      code: 'CLUSTER_UNREACHABLE',
      of: 'a cluster whose managers’ agents are not connected',
      input: ({ other }) => ({ cluster: other.cluster }),
    },
  ],
  'the agent of the only manager is stopped': [
    ...ofRecovery('HOST_OFFLINE', 'a manager whose agent is not connected', () => ({})),
    ...ofEachNodeMutation('CLUSTER_UNREACHABLE', 'a node', ({ nodes }) => ({ nodes: [nodes.returned] })),
    ...ofEachSpecMutation('CLUSTER_UNREACHABLE', 'the cluster', ({ cluster }) => ({ cluster })),
    ...ofEachObjectMutation('CLUSTER_UNREACHABLE', 'the cluster', ({ cluster }) => ({ cluster })),
    ...ofEachServiceMutation('CLUSTER_UNREACHABLE', 'the cluster', ({ cluster }) => ({ cluster })),
    ...ofMaintenance('CLUSTER_UNREACHABLE', 'a node', ({ nodes }) => ({ nodes: [nodes.returned] })),
    ...tokenMutations.map((mutation) => ({
      mutation,
      code: 'CLUSTER_UNREACHABLE',
      of: 'the cluster',
      input: ({ cluster }: World) => ofToken(mutation, cluster),
    })),
    {
      mutation: 'joinHosts',
      code: 'CLUSTER_UNREACHABLE',
      of: 'a free host',
      input: ({ cluster, hosts }) => ({ cluster, hosts: [{ host: hosts.free }] }),
    },
    {
      mutation: 'leaveSwarm',
      code: 'CLUSTER_UNREACHABLE',
      of: 'a member',
      input: ({ hosts }) => ({ hosts: [hosts.returned] }),
    },
  ],
  'a join is pending': ofFreeHost('JOIN_PENDING', 'its host'),
  'an engine is dead': [
    ...ofFreeHost('ENGINE_UNREACHABLE', 'its host'),
    ...ofPreflight('ENGINE_UNREACHABLE', 'its host'),
  ],
  'a host is revoked': [...ofFreeHost('HOST_REVOKED', 'it'), ...ofPreflight('HOST_REVOKED', 'it')],
};

/** Codes of other files: quorum.test.ts, operations/, access/. */
export const elsewhere: Record<string, readonly string[]> = {
  // fleet/apply.test.ts
  applyFleet: ['FORBIDDEN', 'NOT_FOUND', 'FLEET_UNCHANGEABLE', 'NOT_BEGUN', 'NOT_OBSERVED', 'BAD_USER_INPUT'],
  forgetFleet: ['NOT_FOUND'],
  // networks/networks.test.ts
  removeNetwork: ['IN_USE'],
  // secrets/secrets.test.ts
  createSecret: ['NAME_TAKEN'],
  createConfig: ['NAME_TAKEN'],
  removeSecret: ['IN_USE'],
  removeConfig: ['IN_USE'],
  // secrets/rotation.test.ts; STILL_USED warns.
  ...Object.fromEntries(
    ['rotateSecret', 'rotateConfig'].map((mutation) => [
      mutation,
      [
        'FORBIDDEN',
        'NAME_TAKEN',
        'IN_USE',
        'STILL_USED',
        'ROLLED_BACK',
        'UPDATE_PAUSED',
        'NOT_CONVERGED',
        'NOT_BEGUN',
        'INTERRUPTED',
        'MIXED_ENGINES',
        'NO_SUITABLE_MANAGER',
      ],
    ]),
  ),
  // networks/kernel.test.ts; two are warnings.
  createNetwork: ['KERNEL_LACKS_ESP', 'KERNEL_ESP_UNKNOWN', 'KERNEL_LACKS_VXLAN'],
  // recovery/recover.test.ts
  recoverCluster: ['NO_LEADER', 'MAJORITY_RECOVERABLE'],
  // operations/promotion-stuck.test.ts
  promoteNodes: ['PROMOTION_STUCK', 'JOIN_ADDRESS_GONE', 'NO_LEADER'],
  // The last three: quorum/steps.test.ts, quorum/rule.test.ts.
  demoteNodes: [
    'NO_FAULT_TOLERANCE',
    'UNREACHABLE_MANAGER',
    'WOULD_LOSE_QUORUM',
    'NO_LEADER',
    'NO_OTHER_AGENT',
    'DEMOTION_PUT_OFF',
  ],
  // agent/identity.test.ts
  releaseHost: ['ENGINE_CLAIMED'],
  // It makes something new that has no rules: only the permission and the input can be wrong.
  createEnrolment: [],
  // webhooks/
  createWebhook: ['NAME_TAKEN', 'TOO_MANY', 'FORBIDDEN'],
  updateWebhook: ['NAME_TAKEN', 'FORBIDDEN'],
  testWebhook: ['DELIVERY_FAILED'],
  redeliver: ['WEBHOOK_DISABLED'],
  // FORBIDDEN: access/api-keys.test.ts.
  createApiKey: [],
  // As createEnrolment.
  createSignInLink: [],
  // operations/unlock.test.ts; NOT_LOCKED is a warning.
  unlockHosts: ['UNLOCK_KEY_NEEDED', 'UNLOCK_KEY_INVALID', 'NOT_LOCKED'],
  // operations/rotate-ca.test.ts
  rotateCA: ['CA_ROTATION_BLOCKED'],
  // Warnings; the last two: services/services.test.ts.
  updateNodeLabels: ['LABEL_NOT_SET', 'TASKS_MOVE', 'WORKLOAD_UNKNOWN'],
  // services/; MIXED_ENGINES is a warning.
  createService: ['NAME_TAKEN', 'NOT_CONVERGED', 'MIXED_ENGINES', 'NO_SUITABLE_MANAGER'],
  updateService: [
    'ROLLED_BACK',
    'UPDATE_PAUSED',
    'NOT_ALLOWED',
    'NOT_CONVERGED',
    'MIXED_ENGINES',
    'NO_SUITABLE_MANAGER',
  ],
  scaleService: ['NOT_CONVERGED', 'MIXED_ENGINES', 'NO_SUITABLE_MANAGER'],
  rollbackService: [
    'NO_PREVIOUS_SPEC',
    'UPDATE_PAUSED',
    'NOT_CONVERGED',
    'MIXED_ENGINES',
    'NO_SUITABLE_MANAGER',
  ],
  removeService: ['NOT_CONVERGED', 'MIXED_ENGINES', 'NO_SUITABLE_MANAGER'],
  // The first a warning, not a refusal: operations/membership.test.ts; the others: preflight/join.test.ts.
  joinHosts: ['ALREADY_MEMBER', 'PORT_BLOCKED', 'NOT_PROBED'],
  // operations/drain.test.ts
  setNodeAvailability: ['CONCURRENT_DRAIN', 'HOSTS_SKEP'],
  // maintenance/roll.test.ts; NOT_BEGUN is a target's, the last a warning.
  rollMaintenance: [
    'NO_FAULT_TOLERANCE',
    'LAST_ACTIVE_NODE',
    'CONCURRENT_DRAIN',
    'HOSTS_SKEP',
    'DRAIN_DEADLINE',
    'HOOK_FAILED',
    'NOT_BACK',
    'NOT_BEGUN',
    'ALREADY_UNAVAILABLE',
  ],
  proceedMaintenance: ['NOT_WAITING', 'NOT_CANCELLABLE'],
  pauseMaintenance: ['NOT_CANCELLABLE'],
  resumeMaintenance: ['NOT_CANCELLABLE'],
  // operations/decommission.test.ts
  decommissionNodes: ['NODE_NOT_DOWN', 'WOULD_LOSE_QUORUM', 'LAST_MANAGER', 'DRAIN_DEADLINE', 'FORBIDDEN'],
  drainNodes: ['LAST_ACTIVE_NODE', 'CONCURRENT_DRAIN', 'HOSTS_SKEP', 'DRAIN_DEADLINE', 'ALREADY_DRAINED'],
};
