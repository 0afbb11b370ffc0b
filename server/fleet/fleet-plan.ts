// What a fleet document says against what is: the differences, and the steps that take them away.

import type { Permission } from '../access/permissions.ts';
import type { Requester } from '../audit/actor.ts';
import type { FleetDocument } from './document.ts';

export const fleetKinds = ['CLUSTER', 'HOST', 'NODE', 'NETWORK', 'SERVICE'] as const;
export type FleetKind = (typeof fleetKinds)[number];

/** One thing that is not as the document says. */
export type Difference = {
  kind: FleetKind;
  /** Null: it is not there yet. */
  id: string | null;
  /** Of a host or node: the host's name. */
  name: string;
  /** `role`, `labels.zone`, `image` …; empty: the whole, which is not there. */
  path: string;
  declared: unknown;
  /** Null: it is not there. */
  actual: unknown;
  /** False: nothing that Skep does takes it away; the thing has to be removed and made anew by hand. */
  changeable: boolean;
};

/** One mutation, and the differences that it takes away. */
export type Step = {
  /** The same in every plan of a document, also before the cluster is there: made of names, never of node ids. */
  key: string;
  /** Steps stand in the order of their stages. */
  stage: number;
  mutation: string;
  permission: Permission;
  /**
   * What the mutation takes, as a caller gives it. `cluster` is null before the cluster is there, and hosts stand for
   * nodes that are not there yet: such a step is not to be sent, but to be planned anew when its turn comes.
   */
  input: Record<string, unknown>;
  kind: FleetKind;
  id: string | null;
  name: string;
  /** False: `input` names what is not there yet. */
  ready: boolean;
  differences: Difference[];
};

/** Something that is there and that the document does not name: it is left alone. */
export type Undeclared = { kind: FleetKind; id: string; name: string };

export type FleetPlan = {
  /** Null: the cluster is not there yet. */
  clusterId: string | null;
  differences: Difference[];
  steps: Step[];
  undeclared: Undeclared[];
  /** Those of `differences` that no step takes away. */
  unchangeable: Difference[];
};

export type PlanFleet = {
  /** @throws Failure BAD_USER_INPUT with the path and the line. */
  parse(text: string): FleetDocument;
  /** False: it names a cluster by an id that is unknown or out of scope. One by another name is to be made. */
  knowsCluster(document: FleetDocument, requester: Requester): boolean;
  /**
   * Reads what is, and says what differs. The same document and the same world give the same plan, key by key.
   * @throws Failure NOT_FOUND of a host or cluster, BAD_USER_INPUT of entries that contradict one another, and what the
   * reads throw.
   */
  plan(document: FleetDocument, requester: Requester): Promise<FleetPlan>;
};
