// Mutations of clusters: made, adopted, changed, their secrets rotated and revealed.
import type { Context } from '../../context.ts';
import { builder } from '../../graphql/builder.ts';
import type { Operation } from '../../operations/operation.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { actionInput, operationMutation, perform } from '../../operations/schema/operation-mutation.ts';
import { NodeRoleEnum } from './enums.ts';

operationMutation('initCluster', {
  permission: 'cluster:init',
  description:
    'docker swarm init on a host. ADDRESS_NOT_LOCAL is a guard; ALREADY_IN_SWARM, HOST_OFFLINE refuse.',
  fields: (t) => ({
    host: t.id({ required: true }),
    name: t.string({ description: 'The cluster’s; null: made of its id.' }),
    advertiseAddr: t.string({
      description: 'IP or interface, with or without a port. Null: the host’s only address.',
    }),
    listenAddr: t.string({ description: 'Default 0.0.0.0:2377.' }),
    dataPathAddr: t.string({ description: 'Default: the advertised one.' }),
    dataPathPort: t.int({ description: 'UDP, 1024 to 49151; default 4789.' }),
    autolock: t.boolean({
      description:
        'Managers wait for the unlock key after a restart; default false. The key: revealUnlockKey.',
    }),
    defaultAddrPool: t.stringList({ description: 'CIDRs for overlay networks.' }),
    subnetSize: t.int({ description: 'Bits of each subnet of the pool.' }),
  }),
});
operationMutation('adoptCluster', {
  permission: 'cluster:update',
  description:
    'Lets Skep change a cluster that it did not make, and pins its CA. CLUSTER_CHANGED when the digest given is not the one seen.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    name: t.string(),
    caDigest: t.string({ description: 'SHA-256, hex, of the root certificate that it must have.' }),
  }),
});
operationMutation('renameCluster', {
  permission: 'cluster:update',
  description: 'Gives a cluster another name in Skep. NAME_TAKEN.',
  fields: (t) => ({ cluster: t.id({ required: true }), name: t.string({ required: true }) }),
});
operationMutation('forgetCluster', {
  permission: 'cluster:update',
  description:
    'Skep no longer knows it; the swarm and the history stay as they are. HOST_CONNECTED while agents of its managers are connected.',
  fields: (t) => ({ cluster: t.id({ required: true }) }),
});
operationMutation('updateCluster', {
  permission: 'cluster:update',
  description:
    'docker swarm update: changes what is given, and nothing else. Turning autolock on warns that the unlock key must be fetched and kept. NOT_ADOPTED, CLUSTER_UNREACHABLE refuse.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    autolock: t.boolean({ description: 'Managers that start again wait for the unlock key.' }),
    certificateExpirySeconds: t.int({
      description:
        'How long a node’s certificate is valid; at least 3600. Docker’s default: 7776000, 90 days.',
    }),
    heartbeatPeriodSeconds: t.int({
      description: 'A node is Down after three missed ones. 0: Docker’s default, 5.',
    }),
    taskHistoryLimit: t.int({ description: 'Old tasks kept for each slot; -1: all. Docker’s default: 5.' }),
    snapshotInterval: t.int({
      description: 'Raft log entries between two snapshots. Docker’s default: 10000.',
    }),
    keepOldSnapshots: t.int({ description: 'Raft snapshots kept beside the newest. Docker’s default: 0.' }),
  }),
});
operationMutation('rotateUnlockKey', {
  permission: 'secret:rotate',
  description:
    'Makes a new unlock key; revealUnlockKey tells it. A manager that is away meanwhile may need the old one when it is back. AUTOLOCK_OFF, NOT_ADOPTED refuse.',
  fields: (t) => ({ cluster: t.id({ required: true }) }),
});
operationMutation('rotateCA', {
  permission: 'secret:rotate',
  description:
    'docker swarm ca --rotate: a new root CA, a new certificate for each node, new join tokens. Done when every node has its certificate (some seconds); nodes that are not Ready block it for ever and are warned of before. CA_ROTATION_BLOCKED at the deadline names them: the rotation goes on, and Skep follows it. Cancelled, it is only no longer waited for. NOT_ADOPTED refuses.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    deadlineSeconds: t.int({ description: '1 to 86400; default 300.' }),
  }),
});
const tokenFields = (t: Parameters<Parameters<typeof actionInput>[1]>[0]) => ({
  cluster: t.id({ required: true }),
  role: t.field({ type: NodeRoleEnum, required: true }),
});
operationMutation('rotateJoinToken', {
  permission: 'secret:rotate',
  description:
    'Makes a new join token of the role; the old one joins nobody any more. Members are not touched.',
  fields: tokenFields,
});

type Revealed = { operation: Operation; secret: unknown };
const part = ({ secret }: Revealed, name: string): string | null => {
  if (secret === null || typeof secret !== 'object') return null;
  const value = new Map(Object.entries(secret)).get(name);
  return typeof value === 'string' ? value : null;
};

const RevealJoinTokenPayload = builder.objectRef<Revealed>('RevealJoinTokenPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    token: t.string({
      nullable: true,
      description: 'Null unless the operation succeeded now.',
      resolve: (revealed) => part(revealed, 'token'),
    }),
    command: t.string({
      nullable: true,
      description: '`docker swarm join`, ready to run.',
      resolve: (revealed) => part(revealed, 'command'),
    }),
  }),
});
const RevealUnlockKeyPayload = builder.objectRef<Revealed>('RevealUnlockKeyPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    unlockKey: t.string({
      nullable: true,
      description: 'Null with autolock off.',
      resolve: (revealed) => part(revealed, 'unlockKey'),
    }),
  }),
});

builder.mutationFields((t) => ({
  revealJoinToken: t.field({
    type: RevealJoinTokenPayload,
    description:
      'Reads a join token from a manager; it stands on record before it is read. joinHosts needs no token. Permission: secret:reveal.',
    args: { input: t.arg({ type: actionInput('RevealJoinTokenInput', tokenFields), required: true }) },
    resolve: (_, { input }, context: Context) => perform(context, 'revealJoinToken', input),
  }),
  revealUnlockKey: t.field({
    type: RevealUnlockKeyPayload,
    description:
      'Reads the unlock key from a manager; it stands on record before it is read. Permission: secret:reveal.',
    args: {
      input: t.arg({
        type: actionInput('RevealUnlockKeyInput', (f) => ({ cluster: f.id({ required: true }) })),
        required: true,
      }),
    },
    resolve: (_, { input }, context: Context) => perform(context, 'revealUnlockKey', input),
  }),
}));
