// What a fleet document would change: every difference, and the mutations that take them away, in their order.
import { LRUCache } from 'lru-cache';
import { compareNetworks } from './compare-networks.ts';
import { compareNodes, type NodeWork, undeclaredNodes } from './compare-nodes.ts';
import { compareServices } from './compare-services.ts';
import { type DeclaredHost, declaredHosts } from './declared-hosts.ts';
import type { FleetDocument } from './document.ts';
import type { Difference, FleetPlan, PlanFleet, Step, Undeclared } from './fleet-plan.ts';
import { parseDocument } from './parse.ts';
import { clusterNamed, type FleetParts, type FleetState, readFleet } from './state.ts';
import { initStep, nodeSteps } from './steps-of-nodes.ts';
import { networkSteps, serviceSteps } from './steps-of-objects.ts';

/** initCluster takes neither labels nor an availability: what of these the first node needs beside. */
const founderExtras = ({ host, entry }: DeclaredHost): Difference[] => {
  const one = { kind: 'NODE' as const, id: null, name: host.name, actual: null, changeable: true };
  return [
    ...(entry.availability === 'ACTIVE'
      ? []
      : [{ ...one, path: 'availability', declared: entry.availability }]),
    ...entry.labels.map(({ key, value }) => ({ ...one, path: `labels.${key}`, declared: value })),
  ];
};

/** The host on which the cluster is made. Null: no host fits an entry with role manager, and none can be made. */
const founderOf = (works: readonly NodeWork[]): NodeWork | null =>
  works.find(({ entry }) => entry.role === 'MANAGER') ?? null;

const undeclaredObjects = (
  kind: 'NETWORK' | 'SERVICE',
  there: readonly { id: string; name: string }[],
  declared: readonly { name: string }[],
): Undeclared[] => {
  const names = new Set(declared.map(({ name }) => name));
  return there.filter(({ name }) => !names.has(name)).map(({ id, name }) => ({ kind, id, name }));
};

/** Pure: the same document and state give the same plan. @throws Failure NOT_FOUND, BAD_USER_INPUT */
export const compareFleet = (document: FleetDocument, state: FleetState): FleetPlan => {
  const { cluster, networks, services } = state;
  const works = compareNodes(declaredHosts(document, state.hosts), state);
  const founder = cluster ? null : founderOf(works);
  const made: Difference = {
    kind: 'CLUSTER',
    id: null,
    name: document.cluster,
    path: '',
    declared: document.cluster,
    actual: null,
    changeable: founder !== null,
  };
  const first = founder && initStep(document, founder, made);
  const completed = works.map((work) =>
    work === founder ? { ...work, differences: [...work.differences, ...founderExtras(work)] } : work,
  );
  const joined = founder && (completed[works.indexOf(founder)] ?? null);
  const networkWorks = compareNetworks(document.networks, networks ?? []);
  const serviceWorks = compareServices(document.services, services ?? [], networks ?? []);
  const differences = [
    ...(cluster ? [] : [made]),
    ...[...completed, ...networkWorks, ...serviceWorks].flatMap((work) => work.differences),
  ];
  const clusterId = cluster?.id ?? null;
  const steps: Step[] =
    cluster || first
      ? [
          ...(first ? [first] : []),
          ...nodeSteps(state, completed, joined),
          ...networkSteps(clusterId, networkWorks),
          ...serviceSteps(clusterId, serviceWorks),
        ].sort((a, b) => a.stage - b.stage)
      : [];
  return {
    clusterId,
    differences,
    steps,
    undeclared: [
      ...undeclaredNodes(works, state),
      ...undeclaredObjects(
        'NETWORK',
        (networks ?? []).filter(({ ingress }) => !ingress),
        document.networks,
      ),
      ...undeclaredObjects('SERVICE', services ?? [], document.services),
    ],
    unchangeable: differences.filter(({ changeable }) => !changeable),
  };
};

/** A document is read at each step of its apply and at each look for drift, and reading a long one takes a while. */
const mostDocuments = 50;

const createParse = (): PlanFleet['parse'] => {
  const documents = new LRUCache<string, FleetDocument>({ max: mostDocuments });
  return (text) => {
    const known = documents.get(text);
    if (known) return known;
    const document = parseDocument(text);
    documents.set(text, document);
    return document;
  };
};

export const createPlanFleet = (parts: FleetParts): PlanFleet => ({
  parse: createParse(),
  knowsCluster: ({ cluster }, requester) => clusterNamed(parts, cluster, requester) !== undefined,
  plan: async (document, requester) => compareFleet(document, await readFleet(parts, document, requester)),
});
