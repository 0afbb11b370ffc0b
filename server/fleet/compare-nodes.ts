// Declared hosts against the nodes of the cluster: who joins, and what differs of those that are nodes.
import type { NodeObservation } from '../clusters/observation.ts';
import { clusterOf, type Host } from '../hosts/host.ts';
import type { DeclaredHost } from './declared-hosts.ts';
import type { Difference, Undeclared } from './fleet-plan.ts';
import type { FleetState } from './state.ts';

export type NodeWork = DeclaredHost & {
  /** Null: the host is no node of the cluster. */
  node: NodeObservation | null;
  differences: Difference[];
};

/** The node that a host is, by NodeID alone; an engine that is locked tells none and has not left. */
export const nodeOf = (host: Host, nodes: readonly NodeObservation[]): NodeObservation | null => {
  const swarm = host.report?.swarm;
  if (swarm?.localState === 'INACTIVE') return null;
  const nodeId = swarm?.nodeId ?? host.membership?.nodeId;
  return nodes.find(({ id }) => id === nodeId) ?? null;
};

const ofLabels = ({ entry }: DeclaredHost, labels: Readonly<Record<string, string>>) => {
  const actual = (key: string): string | null => (Object.hasOwn(labels, key) ? (labels[key] ?? null) : null);
  return [
    ...entry.labels.map(({ key, value }) => ({ key, declared: value, actual: actual(key) })),
    ...entry.withoutLabels.map((key) => ({ key, declared: null, actual: actual(key) })),
  ]
    .filter(({ declared, actual: now }) => declared !== now)
    .map(({ key, ...both }) => ({ path: `labels.${key}`, ...both }));
};

const compareNode = (declared: DeclaredHost, node: NodeObservation): Difference[] => {
  const { entry, host } = declared;
  const one = { kind: 'NODE' as const, id: node.id, name: host.name, changeable: true };
  return [
    ...(node.role === entry.role ? [] : [{ path: 'role', declared: entry.role, actual: node.role }]),
    ...(node.availability === entry.availability
      ? []
      : [{ path: 'availability', declared: entry.availability, actual: node.availability }]),
    ...ofLabels(declared, node.labels),
  ].map((each) => ({ ...one, ...each }));
};

const compareHost = ({ host, entry }: DeclaredHost): Difference => ({
  kind: 'HOST',
  id: host.id,
  name: host.name,
  path: '',
  declared: {
    role: entry.role,
    availability: entry.availability,
    labels: Object.fromEntries(entry.labels.map(({ key, value }) => [key, value])),
  },
  actual: clusterOf(host) === null ? null : { cluster: clusterOf(host) },
  changeable: true,
});

export const compareNodes = (declared: readonly DeclaredHost[], { nodes }: FleetState): NodeWork[] =>
  declared.map((each) => {
    const node = nodeOf(each.host, nodes);
    return { ...each, node, differences: node ? compareNode(each, node) : [compareHost(each)] };
  });

/** Nodes of the cluster that no entry is about, and hosts that are in no swarm and could be. */
export const undeclaredNodes = (work: readonly NodeWork[], { nodes, hosts }: FleetState): Undeclared[] => {
  const known = new Set(work.flatMap(({ node }) => node?.id ?? []));
  const named = new Set(work.map(({ host }) => host.id));
  return [
    ...nodes
      .filter(({ id }) => !known.has(id))
      .map(({ id, hostname }) => ({ kind: 'NODE' as const, id, name: hostname })),
    ...hosts
      .filter((host) => !named.has(host.id) && clusterOf(host) === null)
      .map(({ id, name }) => ({ kind: 'HOST' as const, id, name })),
  ];
};
