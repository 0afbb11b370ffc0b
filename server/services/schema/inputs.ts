// Inputs of services: the parts that createService and updateService share.
import { builder } from '../../graphql/builder.ts';
import { LabelInput } from '../../nodes/schema/inputs.ts';
import type { operationMutation } from '../../operations/schema/operation-mutation.ts';
import {
  EndpointModeEnum,
  MountTypeEnum,
  PortModeEnum,
  PortProtocolEnum,
  RestartConditionEnum,
  UpdateFailureActionEnum,
  UpdateOrderEnum,
} from './enums.ts';

const EnvInput = builder.inputType('EnvironmentVariableInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    value: t.string({ description: 'A secret: nowhere on record, and in no log. Default empty.' }),
  }),
});
const MountInput = builder.inputType('MountInput', {
  description:
    'A BIND mount needs the permission service:privileged and an agent that was started with services:privileged. The engine’s socket and data, the agent’s state, /proc, and folders that they lie in are never mounted.',
  fields: (t) => ({
    type: t.field({ type: MountTypeEnum, required: true }),
    source: t.string({ description: 'A folder of the host, or the name of a volume.' }),
    target: t.string({ required: true, description: 'Absolute, in the container.' }),
    readOnly: t.boolean(),
  }),
});
const FileInput = builder.inputType('ServiceFileInput', {
  description: 'A secret or config by id or exact name.',
  fields: (t) => ({
    ref: t.string({ required: true }),
    fileName: t.string({
      description: 'Default: its name, of a secret below /run/secrets, of a config below /.',
    }),
    uid: t.string({ description: 'Default 0.' }),
    gid: t.string({ description: 'Default 0.' }),
    mode: t.int({ description: 'As a number; default 292, which is 0444.' }),
  }),
});
const ResourcesInput = builder.inputType('ServiceResourcesInput', {
  description: 'Of each task. 0: none.',
  fields: (t) => ({
    cpuLimit: t.float({ description: 'CPUs.' }),
    memoryLimitBytes: t.float(),
    cpuReservation: t.float({ description: 'CPUs; set aside, and it runs only where they are free.' }),
    memoryReservationBytes: t.float(),
  }),
});
const RestartInput = builder.inputType('RestartPolicyInput', {
  fields: (t) => ({
    condition: t.field({ type: RestartConditionEnum }),
    delaySeconds: t.float(),
    maxAttempts: t.int({ description: '0: without end.' }),
    windowSeconds: t.float(),
  }),
});
const PolicyInput = builder.inputType('UpdatePolicyInput', {
  description: 'https://docs.docker.com/engine/swarm/services/#configure-a-services-update-behavior',
  fields: (t) => ({
    parallelism: t.int({ description: '0: all at once.' }),
    delaySeconds: t.float({ description: 'Between one group and the next.' }),
    failureAction: t.field({ type: UpdateFailureActionEnum, description: 'Of a rollback not ROLLBACK.' }),
    monitorSeconds: t.float({
      description: 'For how long after its start a task’s failure counts; Docker’s default 5.',
    }),
    maxFailureRatio: t.float({ description: '0 to 1.' }),
    order: t.field({ type: UpdateOrderEnum }),
  }),
});
const PortInput = builder.inputType('PublishedPortInput', {
  fields: (t) => ({
    target: t.int({ required: true, description: 'In the container.' }),
    published: t.int({ description: 'Default: the engine chooses, from 30000.' }),
    protocol: t.field({ type: PortProtocolEnum, description: 'Default TCP.' }),
    mode: t.field({ type: PortModeEnum, description: 'Default INGRESS.' }),
  }),
});

type Fields = Parameters<Parameters<typeof operationMutation>[1]['fields']>[0];

/** What createService and updateService have in common; an object's value that is left out stays as it is. */
export const partsFields = (t: Fields) => ({
  command: t.stringList({ description: 'Replaces the image’s entry point.' }),
  args: t.stringList(),
  env: t.field({
    type: [EnvInput],
    description: 'A secret as a whole: on record is only that it was given.',
  }),
  user: t.string(),
  workingDirectory: t.string(),
  stopGraceSeconds: t.float({ description: 'Between SIGTERM and SIGKILL; Docker’s default 10.' }),
  labels: t.field({ type: [LabelInput], description: 'Of the service.' }),
  containerLabels: t.field({ type: [LabelInput], description: 'Of its containers.' }),
  mounts: t.field({ type: [MountInput] }),
  secrets: t.field({ type: [FileInput] }),
  configs: t.field({ type: [FileInput] }),
  capabilitiesAdd: t.stringList({ description: 'Needs service:privileged, as a bind mount does.' }),
  constraints: t.stringList({
    description:
      'node.labels.zone == a, node.role != manager … https://docs.docker.com/engine/swarm/services/#placement-constraints',
  }),
  preferences: t.stringList({ description: 'Labels to spread over: node.labels.zone.' }),
  maxReplicasPerNode: t.int({ description: '0: any number.' }),
  replicas: t.int({ description: 'Of a replicated service; default 1.' }),
  resources: t.field({ type: ResourcesInput }),
  restartPolicy: t.field({ type: RestartInput }),
  updateConfig: t.field({ type: PolicyInput }),
  rollbackConfig: t.field({ type: PolicyInput }),
  networks: t.stringList({
    description: 'By name or id. The host’s own needs service:privileged, as a bind mount does.',
  }),
  endpointMode: t.field({ type: EndpointModeEnum, description: 'Docker’s default VIP.' }),
  ports: t.field({ type: [PortInput] }),
  deadlineSeconds: t.int({
    description: 'Of the whole operation, from its `startedAt`; 1 to 86,400, default 600.',
  }),
});

export const ServiceScaleInput = builder.inputType('ServiceScaleInput', {
  fields: (t) => ({
    service: t.string({ required: true, description: 'Its id or exact name.' }),
    replicas: t.int({ required: true }),
  }),
});
