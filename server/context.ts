// What every resolver is given: who asks, and the parts of the server.

import type { IncomingMessage } from 'node:http';
import type { ApiKeys } from './access/api-keys.ts';
import type { Holder, Holders } from './access/holders.ts';
import type { Persons } from './access/persons.ts';
import type { Sessions } from './access/sessions.ts';
import type { Tickets } from './access/tickets.ts';
import type { Requester } from './audit/actor.ts';
import type { Denials } from './audit/denials.ts';
import type { Heads } from './audit/heads.ts';
import type { FullVerification } from './audit/verify.ts';
import type { Managers } from './clusters/managers.ts';
import type { Clusters } from './clusters/registry.ts';
import type { Declarations } from './fleet/declarations.ts';
import type { PlanFleet } from './fleet/fleet-plan.ts';
import type { Tally } from './graphql/tally.ts';
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
import type { RequestTrace } from './platform/trace.ts';
import type { ReadServices } from './services/read.ts';
import type { Deliveries } from './webhooks/deliveries.ts';
import type { Webhooks } from './webhooks/registry.ts';

/** The parts of the server that resolvers use. */
export type Parts = {
  db: Database;
  events: Events;
  clock: Clock;
  operations: Operations;
  apiKeys: ApiKeys;
  persons: Persons;
  /** Keys and persons: who may do what. */
  holders: Holders;
  sessions: Sessions;
  tickets: Tickets;
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
  webhooks: Webhooks;
  deliveries: Deliveries;
  scopeOf: ScopeOf;
  denials: Denials;
  tally: Tally;
  requests: RequestTrace;
  heads: Heads;
  witnesses: Witnesses;
  /** Reads the whole history, and asks the connected agents which heads they keep. */
  verifyAudit: () => Promise<FullVerification>;
  /** Of this server. */
  version: string;
  /** What agents dial, for the enrolment's command. */
  agentUrl: () => string;
  /** Where the console is, without a slash at its end. */
  consoleUrl: () => string;
  /** Where a request came from. */
  sourceOf: (request: IncomingMessage) => string | null;
};

/** Who asks. */
export type Asker = {
  requester: Requester;
  viewer: Holder;
  /** The id of the session that it asks by; null: by the key itself. */
  session: string | null;
};

/** One request, or one operation of a socket. */
export type Context = Parts & Asker;
