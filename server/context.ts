// What every resolver is given: who asks, and the parts of the server.

import type { IncomingMessage } from 'node:http';
import type { ApiKey, ApiKeys } from './access/api-keys.ts';
import type { Requester } from './audit/actor.ts';
import type { Denials } from './audit/denials.ts';
import type { Heads } from './audit/heads.ts';
import type { FullVerification } from './audit/verify.ts';
import type { Managers } from './clusters/managers.ts';
import type { Clusters } from './clusters/registry.ts';
import type { Declarations } from './fleet/declarations.ts';
import type { PlanFleet } from './fleet/fleet-plan.ts';
import type { ScopeOf } from './hosts/actions.ts';
import type { Commands } from './hosts/commands.ts';
import type { Enrolments } from './hosts/enrolments.ts';
import type { Hosts } from './hosts/registry.ts';
import type { Witnesses } from './hosts/witness.ts';
import type { SortedNodes } from './nodes/list.ts';
import type { FindNodes } from './nodes/reference.ts';
import type { ReadWorkload } from './nodes/workload.ts';
import type { Operations } from './operations/operations.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import type { Events } from './platform/events.ts';
import type { ReadServices } from './services/read.ts';

/** The parts of the server that resolvers use. */
export type Parts = {
  db: Database;
  events: Events;
  clock: Clock;
  operations: Operations;
  apiKeys: ApiKeys;
  hosts: Hosts;
  enrolments: Enrolments;
  commands: Commands;
  clusters: Clusters;
  managers: Managers;
  findNodes: FindNodes;
  sortedNodes: SortedNodes;
  workload: ReadWorkload;
  services: ReadServices;
  planFleet: PlanFleet;
  declarations: Declarations;
  /** Names of the hooks that rolling maintenance may call. */
  maintenanceHooks: readonly string[];
  scopeOf: ScopeOf;
  denials: Denials;
  heads: Heads;
  witnesses: Witnesses;
  /** Reads the whole history, and asks the connected agents which heads they keep. */
  verifyAudit: () => Promise<FullVerification>;
  /** What agents dial, for the enrolment's command. */
  agentUrl: () => string;
  /** Where a request came from. */
  sourceOf: (request: IncomingMessage) => string | null;
};

/** Who asks. */
export type Asker = {
  requester: Requester;
  viewer: ApiKey;
};

/** One request, or one operation of a socket. */
export type Context = Parts & Asker;
