// Who may ask what: every root field of the API with the permission that it needs, and every caller with what it holds.
// Written out by hand, so that a change of rights is a change of this table.

export type Entry = {
  /** Null: any valid key. */
  permission: string | null;
  /** The field as it is asked for here; a mutation only judges, and names nothing that there is. */
  ask: string;
};

const dry = 'dryRun: true';
const nodes = 'nodes: ["nosuch"], cluster: "nosuch"';
const operation = '{ state failure { code } }';
const payload = `{ operation ${operation} }`;

export const matrix: Record<'Query' | 'Mutation' | 'Subscription', Record<string, Entry>> = {
  Query: {
    viewer: { permission: null, ask: 'viewer { id role permissions clusters }' },
    serverVersion: { permission: null, ask: 'serverVersion' },
    permissions: { permission: null, ask: 'permissions { name description roles }' },
    clusters: { permission: 'cluster:read', ask: 'clusters { id }' },
    cluster: { permission: 'cluster:read', ask: 'cluster(id: "nosuch") { id }' },
    nodes: { permission: 'cluster:read', ask: 'nodes { totalCount }' },
    node: { permission: 'cluster:read', ask: 'node(ref: "nosuch") { id }' },
    hosts: { permission: 'host:read', ask: 'hosts { totalCount }' },
    host: { permission: 'host:read', ask: 'host(id: "nosuch") { id }' },
    secrets: { permission: 'cluster:read', ask: 'secrets(cluster: "nosuch") { totalCount }' },
    configs: { permission: 'cluster:read', ask: 'configs(cluster: "nosuch") { totalCount }' },
    networks: { permission: 'cluster:read', ask: 'networks(cluster: "nosuch") { totalCount }' },
    network: { permission: 'cluster:read', ask: 'network(id: "nosuch", cluster: "nosuch") { id }' },
    operations: { permission: 'operation:read', ask: 'operations { edges { node { id } } }' },
    operation: { permission: 'operation:read', ask: 'operation(id: "nosuch") { id }' },
    auditLog: { permission: 'audit:read', ask: 'auditLog(first: 1) { edges { node { seq } } }' },
    verifyAudit: { permission: 'audit:read', ask: 'verifyAudit { ok }' },
    auditHead: { permission: 'audit:read', ask: 'auditHead { seq }' },
    services: { permission: 'cluster:read', ask: 'services(cluster: "nosuch") { totalCount }' },
    service: { permission: 'cluster:read', ask: 'service(id: "nosuch", cluster: "nosuch") { id }' },
    planFleet: {
      permission: 'cluster:read',
      ask: 'planFleet(document: "{skepFleet: 1, cluster: nosuch, nodes: [{match: {name: nosuch}, role: manager}]}") { inSync }',
    },
    eventCursor: { permission: 'operation:read', ask: 'eventCursor' },
    maintenanceHooks: { permission: 'maintenance:run', ask: 'maintenanceHooks' },
    webhooks: { permission: 'webhook:read', ask: 'webhooks { id }' },
    webhook: { permission: 'webhook:read', ask: 'webhook(id: "nosuch") { id }' },
    apiKeys: { permission: 'key:admin', ask: 'apiKeys { id }' },
    sessions: { permission: null, ask: 'sessions { id }' },
    enrolments: { permission: 'host:enrol', ask: 'enrolments { id }' },
  },
  Mutation: {
    createWebhook: {
      permission: 'webhook:write',
      ask: `createWebhook(input: { name: "x", url: "https://receiver.example", alarms: [NODE_DOWN], clusters: ["nosuch"], ${dry} }) ${payload}`,
    },
    updateWebhook: {
      permission: 'webhook:write',
      ask: `updateWebhook(input: { id: "nosuch", enabled: true, ${dry} }) ${operation}`,
    },
    rotateWebhookSecret: {
      permission: 'webhook:write',
      ask: `rotateWebhookSecret(input: { id: "nosuch", ${dry} }) ${payload}`,
    },
    deleteWebhook: {
      permission: 'webhook:write',
      ask: `deleteWebhook(input: { id: "nosuch", ${dry} }) ${operation}`,
    },
    testWebhook: {
      permission: 'webhook:write',
      ask: `testWebhook(input: { id: "nosuch", ${dry} }) ${payload}`,
    },
    redeliver: {
      permission: 'webhook:write',
      ask: `redeliver(input: { delivery: "nosuch", ${dry} }) ${operation}`,
    },
    adoptCluster: {
      permission: 'cluster:update',
      ask: `adoptCluster(input: { cluster: "nosuch", ${dry} }) ${operation}`,
    },
    cancelOperation: {
      permission: 'operation:cancel',
      ask: `cancelOperation(input: { id: "nosuch", ${dry} }) ${operation}`,
    },
    createApiKey: {
      permission: 'key:admin',
      ask: `createApiKey(input: { name: "x", role: VIEWER, ${dry} }) ${payload}`,
    },
    createService: {
      permission: 'service:write',
      ask: `createService(input: { cluster: "nosuch", name: "x", image: "x", ${dry} }) ${operation}`,
    },
    removeService: {
      permission: 'service:write',
      ask: `removeService(input: { cluster: "nosuch", service: "x", ${dry} }) ${operation}`,
    },
    rollbackService: {
      permission: 'service:write',
      ask: `rollbackService(input: { cluster: "nosuch", service: "x", ${dry} }) ${operation}`,
    },
    scaleService: {
      permission: 'service:write',
      ask: `scaleService(input: { cluster: "nosuch", services: [{ service: "x", replicas: 1 }], ${dry} }) ${operation}`,
    },
    updateService: {
      permission: 'service:write',
      ask: `updateService(input: { cluster: "nosuch", service: "x", image: "x", ${dry} }) ${operation}`,
    },
    createSignInLink: { permission: 'session:create', ask: `createSignInLink(input: { ${dry} }) ${payload}` },
    createEnrolment: { permission: 'host:enrol', ask: `createEnrolment(input: { ${dry} }) ${payload}` },
    createConfig: {
      permission: 'config:write',
      ask: `createConfig(input: { cluster: "nosuch", name: "x", value: "v", ${dry} }) ${operation}`,
    },
    removeConfig: {
      permission: 'config:write',
      ask: `removeConfig(input: { cluster: "nosuch", config: "x", ${dry} }) ${operation}`,
    },
    createSecret: {
      permission: 'secret:write',
      ask: `createSecret(input: { cluster: "nosuch", name: "x", value: "v", ${dry} }) ${operation}`,
    },
    removeSecret: {
      permission: 'secret:write',
      ask: `removeSecret(input: { cluster: "nosuch", secret: "x", ${dry} }) ${operation}`,
    },
    rotateConfig: {
      permission: 'config:write',
      ask: `rotateConfig(input: { cluster: "nosuch", config: "x", value: "v", ${dry} }) ${operation}`,
    },
    rotateSecret: {
      permission: 'secret:write',
      ask: `rotateSecret(input: { cluster: "nosuch", secret: "x", value: "v", ${dry} }) ${operation}`,
    },
    applyFleet: {
      permission: 'fleet:apply',
      ask: `applyFleet(input: { document: "{skepFleet: 1, cluster: nosuch, nodes: [{host: nosuch, role: manager}]}", ${dry} }) ${operation}`,
    },
    forgetFleet: {
      permission: 'fleet:apply',
      ask: `forgetFleet(input: { cluster: "nosuch", ${dry} }) ${operation}`,
    },
    createNetwork: {
      permission: 'network:write',
      ask: `createNetwork(input: { cluster: "nosuch", name: "x", ${dry} }) ${operation}`,
    },
    removeNetwork: {
      permission: 'network:write',
      ask: `removeNetwork(input: { cluster: "nosuch", network: "x", ${dry} }) ${operation}`,
    },
    decommissionNodes: {
      permission: 'node:remove',
      ask: `decommissionNodes(input: { ${nodes}, ${dry} }) ${operation}`,
    },
    demoteNodes: { permission: 'node:demote', ask: `demoteNodes(input: { ${nodes}, ${dry} }) ${operation}` },
    drainNodes: {
      permission: 'node:availability',
      ask: `drainNodes(input: { ${nodes}, ${dry} }) ${operation}`,
    },
    forgetCluster: {
      permission: 'cluster:update',
      ask: `forgetCluster(input: { cluster: "nosuch", ${dry} }) ${operation}`,
    },
    forgetHost: {
      permission: 'host:update',
      ask: `forgetHost(input: { id: "nosuch", ${dry} }) ${operation}`,
    },
    initCluster: {
      permission: 'cluster:init',
      ask: `initCluster(input: { host: "nosuch", ${dry} }) ${operation}`,
    },
    joinHosts: {
      permission: 'host:join',
      ask: `joinHosts(input: { cluster: "nosuch", hosts: [{ host: "nosuch" }], ${dry} }) ${operation}`,
    },
    leaveSwarm: {
      permission: 'host:leave',
      ask: `leaveSwarm(input: { hosts: ["nosuch"], ${dry} }) ${operation}`,
    },
    pauseMaintenance: {
      permission: 'maintenance:run',
      ask: `pauseMaintenance(input: { operation: "nosuch", ${dry} }) ${operation}`,
    },
    proceedMaintenance: {
      permission: 'maintenance:run',
      ask: `proceedMaintenance(input: { operation: "nosuch", ${dry} }) ${operation}`,
    },
    preflight: {
      permission: 'host:preflight',
      ask: `preflight(input: { hosts: [{ host: "nosuch" }], ${dry} }) ${payload}`,
    },
    promoteNodes: {
      permission: 'node:promote',
      ask: `promoteNodes(input: { ${nodes}, ${dry} }) ${operation}`,
    },
    dissolveCluster: {
      permission: 'cluster:force',
      ask: `dissolveCluster(input: { cluster: "nosuch", confirm: "x", ${dry} }) ${operation}`,
    },
    recoverCluster: {
      permission: 'cluster:force',
      ask: `recoverCluster(input: { cluster: "nosuch", host: "nosuch", confirm: "x", ${dry} }) ${operation}`,
    },
    releaseHost: {
      permission: 'host:enrol',
      ask: `releaseHost(input: { id: "nosuch", ${dry} }) ${operation}`,
    },
    removeNodes: { permission: 'node:remove', ask: `removeNodes(input: { ${nodes}, ${dry} }) ${operation}` },
    renameCluster: {
      permission: 'cluster:update',
      ask: `renameCluster(input: { cluster: "nosuch", name: "x", ${dry} }) ${operation}`,
    },
    renameHost: {
      permission: 'host:update',
      ask: `renameHost(input: { id: "nosuch", name: "x", ${dry} }) ${operation}`,
    },
    resumeMaintenance: {
      permission: 'maintenance:run',
      ask: `resumeMaintenance(input: { operation: "nosuch", ${dry} }) ${operation}`,
    },
    revealJoinToken: {
      permission: 'secret:reveal',
      ask: `revealJoinToken(input: { cluster: "nosuch", role: WORKER, ${dry} }) ${payload}`,
    },
    revealUnlockKey: {
      permission: 'secret:reveal',
      ask: `revealUnlockKey(input: { cluster: "nosuch", ${dry} }) ${payload}`,
    },
    revokeSession: {
      permission: 'session:create',
      ask: `revokeSession(input: { id: "nosuch", ${dry} }) ${operation}`,
    },
    revokeApiKey: {
      permission: 'key:admin',
      ask: `revokeApiKey(input: { id: "nosuch", ${dry} }) ${operation}`,
    },
    revokeHost: {
      permission: 'host:update',
      ask: `revokeHost(input: { id: "nosuch", ${dry} }) ${operation}`,
    },
    rollMaintenance: {
      permission: 'maintenance:run',
      ask: `rollMaintenance(input: { ${nodes}, ${dry} }) ${operation}`,
    },
    rotateCA: {
      permission: 'secret:rotate',
      ask: `rotateCA(input: { cluster: "nosuch", ${dry} }) ${operation}`,
    },
    rotateJoinToken: {
      permission: 'secret:rotate',
      ask: `rotateJoinToken(input: { cluster: "nosuch", role: WORKER, ${dry} }) ${operation}`,
    },
    rotateUnlockKey: {
      permission: 'secret:rotate',
      ask: `rotateUnlockKey(input: { cluster: "nosuch", ${dry} }) ${operation}`,
    },
    sealAudit: {
      permission: 'audit:seal',
      ask: `sealAudit(input: { before: "2000-01-01T00:00:00Z", ${dry} }) ${operation}`,
    },
    setNodeAvailability: {
      permission: 'node:availability',
      ask: `setNodeAvailability(input: { ${nodes}, availability: PAUSE, ${dry} }) ${operation}`,
    },
    unlockHosts: {
      permission: 'cluster:update',
      ask: `unlockHosts(input: { hosts: ["nosuch"], ${dry} }) ${operation}`,
    },
    updateCluster: {
      permission: 'cluster:update',
      ask: `updateCluster(input: { cluster: "nosuch", autolock: true, ${dry} }) ${operation}`,
    },
    updateNodeLabels: {
      permission: 'node:label',
      ask: `updateNodeLabels(input: { ${nodes}, remove: ["x"], ${dry} }) ${operation}`,
    },
  },
  Subscription: {
    nodeChanged: { permission: 'cluster:read', ask: 'nodeChanged(after: $after) { cursor }' },
    hostChanged: { permission: 'host:read', ask: 'hostChanged(after: $after) { cursor }' },
    clusterChanged: { permission: 'cluster:read', ask: 'clusterChanged(after: $after) { cursor }' },
    operationChanged: { permission: 'operation:read', ask: 'operationChanged(after: $after) { cursor }' },
    serviceChanged: { permission: 'cluster:read', ask: 'serviceChanged(after: $after) { cursor }' },
    networkChanged: { permission: 'cluster:read', ask: 'networkChanged(after: $after) { cursor }' },
    secretChanged: { permission: 'cluster:read', ask: 'secretChanged(after: $after) { cursor }' },
    configChanged: { permission: 'cluster:read', ask: 'configChanged(after: $after) { cursor }' },
    driftChanged: { permission: 'cluster:read', ask: 'driftChanged(after: $after) { cursor }' },
    auditRecorded: { permission: 'audit:read', ask: 'auditRecorded(after: $after) { cursor }' },
  },
};

const viewer = [
  'cluster:read',
  'host:read',
  'operation:read',
  'audit:read',
  'metrics:read',
  'session:create',
];
const operator = [
  ...viewer,
  'node:availability',
  'node:label',
  'node:promote',
  'operation:cancel',
  'network:write',
  'config:write',
  'service:write',
  'maintenance:run',
  'host:preflight',
];
const admin = [
  ...operator,
  'audit:export',
  'audit:seal',
  'fleet:apply',
  'node:demote',
  'node:remove',
  'host:join',
  'host:leave',
  'host:enrol',
  'host:update',
  'cluster:init',
  'cluster:update',
  'secret:rotate',
  'secret:write',
  'key:admin',
  'webhook:read',
  'webhook:write',
];

export type Caller = {
  caller: string;
  /** Of its key, as createApiKey takes it; `scoped`: for one cluster only, or for none at all. */
  key: { role: string; permissions?: string[]; scoped?: 'ONE' | 'NONE' };
  holds: readonly string[];
};

export const callers: readonly Caller[] = [
  { caller: 'viewer', key: { role: 'VIEWER' }, holds: viewer },
  {
    caller: 'viewer with node:demote',
    key: { role: 'VIEWER', permissions: ['node:demote'] },
    holds: [...viewer, 'node:demote'],
  },
  { caller: 'operator', key: { role: 'OPERATOR' }, holds: operator },
  { caller: 'admin', key: { role: 'ADMIN' }, holds: admin },
  {
    caller: 'admin with secret:reveal',
    key: { role: 'ADMIN', permissions: ['secret:reveal'] },
    holds: [...admin, 'secret:reveal'],
  },
  {
    caller: 'admin with cluster:force',
    key: { role: 'ADMIN', permissions: ['cluster:force'] },
    holds: [...admin, 'cluster:force'],
  },
  { caller: 'admin of one cluster', key: { role: 'ADMIN', scoped: 'ONE' }, holds: admin },
  { caller: 'operator of one cluster', key: { role: 'OPERATOR', scoped: 'ONE' }, holds: operator },
  // A permission that is held in no scope is not held.
  {
    caller: 'admin of no cluster',
    key: { role: 'ADMIN', permissions: ['secret:reveal', 'cluster:force'], scoped: 'NONE' },
    holds: [],
  },
];
