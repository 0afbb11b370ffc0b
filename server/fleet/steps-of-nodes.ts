// The steps that make hosts the nodes that they are declared to be.
import type { Availability, NodeRole } from '../clusters/observation.ts';
import type { NodeWork } from './compare-nodes.ts';
import type { FleetDocument } from './document.ts';
import type { Difference, Step } from './fleet-plan.ts';
import type { FleetState } from './state.ts';

/**
 * The order of acting. Nodes are opened before services are made, that these find their place, and closed when all the
 * rest stands; who is to be a manager becomes one before others cease to be, that the group never shrinks for nothing.
 */
export const stages = {
  init: 1,
  joinManagers: 2,
  joinWorkers: 3,
  labels: 4,
  active: 5,
  promote: 6,
  demote: 7,
  networks: 8,
  services: 9,
  pause: 10,
  drain: 11,
} as const;

type Joining = NodeWork & { node: null };
const isJoining = (work: NodeWork): work is Joining => work.node === null;

const addressesOf = ({ entry }: NodeWork) => ({
  advertiseAddr: entry.advertiseAddr,
  listenAddr: entry.listenAddr,
  dataPathAddr: entry.dataPathAddr,
});

/** `initCluster` on the first manager of the document. */
export const initStep = (document: FleetDocument, founder: NodeWork, cluster: Difference): Step => ({
  key: `init:${founder.host.name}`,
  stage: stages.init,
  mutation: 'initCluster',
  permission: 'cluster:init',
  input: { host: founder.host.id, name: document.cluster, ...addressesOf(founder), ...document.init },
  kind: 'CLUSTER',
  id: null,
  name: document.cluster,
  ready: true,
  differences: [cluster, ...founder.differences],
});

const joinStep = (
  clusterId: string | null,
  joining: readonly NodeWork[],
  role: NodeRole,
  availability: Availability,
): Step[] => {
  const some = joining.filter(({ entry }) => entry.role === role && entry.availability === availability);
  if (some.length === 0) return [];
  const word = availability === 'ACTIVE' ? '' : `:${availability.toLowerCase()}`;
  return [
    {
      key: `join-${role.toLowerCase()}s${word}`,
      stage: role === 'MANAGER' ? stages.joinManagers : stages.joinWorkers,
      mutation: 'joinHosts',
      permission: 'host:join',
      input: {
        cluster: clusterId,
        role,
        availability,
        hosts: some.map((work) => ({
          host: work.host.id,
          ...addressesOf(work),
          labels: work.entry.labels,
        })),
      },
      kind: 'HOST',
      id: some.length === 1 ? (some[0]?.host.id ?? null) : null,
      name: some.map(({ host }) => host.name).join(', '),
      ready: clusterId !== null,
      differences: some.flatMap(({ differences }) => differences),
    },
  ];
};

/** A step for nodes; one that is not there yet is named by its host. */
const nodesStep = (
  { cluster }: FleetState,
  works: readonly NodeWork[],
  differences: Difference[],
  step: Pick<Step, 'key' | 'stage' | 'mutation' | 'permission'>,
  more: Record<string, unknown> = {},
): Step => ({
  ...step,
  input: {
    cluster: cluster?.id ?? null,
    nodes: works.map(({ node, host }) => node?.id ?? host.id),
    ...more,
  },
  kind: 'NODE',
  id: works.length === 1 ? (works[0]?.node?.id ?? null) : null,
  name: works.map(({ host }) => host.name).join(', '),
  ready: cluster !== null && works.every(({ node }) => node !== null),
  differences,
});

const differencesAt = (work: NodeWork, isPath: (path: string) => boolean): Difference[] =>
  work.differences.filter(({ kind, path }) => kind === 'NODE' && isPath(path));

const labelSteps = (state: FleetState, works: readonly NodeWork[]): Step[] =>
  works.flatMap((work) => {
    const differences = differencesAt(work, (path) => path.startsWith('labels.'));
    if (differences.length === 0) return [];
    const differs = (key: string): boolean => differences.some(({ path }) => path === `labels.${key}`);
    return [
      nodesStep(
        state,
        [work],
        differences,
        {
          key: `labels:${work.host.name}`,
          stage: stages.labels,
          mutation: 'updateNodeLabels',
          permission: 'node:label',
        },
        {
          set: work.entry.labels.filter(({ key }) => differs(key)),
          remove: work.entry.withoutLabels.filter(differs),
        },
      ),
    ];
  });

const roleStep = (state: FleetState, works: readonly NodeWork[], role: NodeRole): Step[] => {
  const some = works.filter(
    (work) => work.entry.role === role && differencesAt(work, (path) => path === 'role').length > 0,
  );
  if (some.length === 0) return [];
  const up = role === 'MANAGER';
  return [
    nodesStep(
      state,
      some,
      some.flatMap((work) => differencesAt(work, (path) => path === 'role')),
      {
        key: up ? 'promote' : 'demote',
        stage: up ? stages.promote : stages.demote,
        mutation: up ? 'promoteNodes' : 'demoteNodes',
        permission: up ? 'node:promote' : 'node:demote',
      },
    ),
  ];
};

/** Nodes are drained by drainNodes: one after the other, each until it is empty. */
const availabilityStep = (
  state: FleetState,
  works: readonly NodeWork[],
  availability: Availability,
): Step[] => {
  const some = works.filter(
    (work) =>
      work.entry.availability === availability &&
      differencesAt(work, (path) => path === 'availability').length > 0,
  );
  if (some.length === 0) return [];
  const word = availability.toLowerCase() as Lowercase<Availability>;
  const isDrain = availability === 'DRAIN';
  return [
    nodesStep(
      state,
      some,
      some.flatMap((work) => differencesAt(work, (path) => path === 'availability')),
      {
        key: `availability:${word}`,
        stage: stages[word],
        mutation: isDrain ? 'drainNodes' : 'setNodeAvailability',
        permission: 'node:availability',
      },
      isDrain ? {} : { availability },
    ),
  ];
};

/** @param founder the host on which the cluster is made; it is in `works`, too. */
export const nodeSteps = (
  state: FleetState,
  works: readonly NodeWork[],
  founder: NodeWork | null,
): Step[] => {
  const clusterId = state.cluster?.id ?? null;
  const joining = works.filter((work) => isJoining(work) && work !== founder);
  const join = (role: NodeRole): Step[] =>
    (['ACTIVE', 'PAUSE', 'DRAIN'] as const).flatMap((each) => joinStep(clusterId, joining, role, each));
  return [
    ...join('MANAGER'),
    ...join('WORKER'),
    ...labelSteps(state, works),
    ...availabilityStep(state, works, 'ACTIVE'),
    ...roleStep(state, works, 'MANAGER'),
    ...roleStep(state, works, 'WORKER'),
    ...availabilityStep(state, works, 'PAUSE'),
    ...availabilityStep(state, works, 'DRAIN'),
  ];
};
