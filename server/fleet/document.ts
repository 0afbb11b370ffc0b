// The fleet document: which hosts are which nodes, and which networks and services there are to be.
import type * as z from 'zod';
import type { Availability, NodeRole } from '../clusters/observation.ts';
import type { ServiceParts } from '../hosts/service-parts.ts';
import type { createNetworkParts } from '../networks/create.ts';

/** What one entry of `nodes` says, of one host or of all that fit. */
export type NodeEntry = {
  /** Where it stands, for messages. */
  line: number;
  /** A host by name or id; null: `match`. */
  host: string | null;
  /** What hosts have to have, all of it; null: `host`. */
  match: { name: string | null; engineLabels: Record<string, string> } | null;
  role: NodeRole;
  availability: Availability;
  /** Labels of the node that are to be there. */
  labels: { key: string; value: string }[];
  /** Keys of labels that are not to be there. */
  withoutLabels: string[];
  /** Used when the host joins, and never afterwards. */
  advertiseAddr: string | null;
  listenAddr: string | null;
  dataPathAddr: string | null;
};

export type NetworkEntry = {
  line: number;
  name: string;
  /** As createNetwork takes it, without the cluster. */
  input: Record<string, unknown>;
  /** The same as createNetwork understands it. */
  wanted: z.infer<typeof createNetworkParts>;
};

export type ServiceEntry = {
  line: number;
  name: string;
  /** As createService takes it, without the cluster. */
  input: Record<string, unknown>;
  /** The same as createService understands it: null is left alone. */
  wanted: ServiceParts & { mode: 'REPLICATED' | 'GLOBAL' | null };
};

/** Plain JSON, without secrets. */
export type FleetDocument = {
  /** By id or name. */
  cluster: string;
  /** Used when the cluster is made. */
  init: { dataPathPort: number | null; defaultAddrPool: string[] | null; subnetSize: number | null };
  nodes: NodeEntry[];
  networks: NetworkEntry[];
  services: ServiceEntry[];
};
