// The one error of the server: a code decides what a caller sees, what goes on record and whether a retry can help.
import { scrub } from './secrets.ts';

/**
 * Every code that an operation's `failure.code` or an error's `extensions.code` can have, with what it means.
 * Guards' names are codes too: an operation refused by guards has the first one's name.
 */
export const failureCodes = {
  // What a caller asked for
  BAD_USER_INPUT: 'The input is malformed or contradicts itself. Nothing was recorded.',
  UNAUTHENTICATED: 'No valid API key was presented, and no session.',
  RATE_LIMITED: 'Too often; `extensions.retryAfter` says after how many seconds to try again.',
  FORBIDDEN:
    'The key or person holds the permission in no scope; or a page that is not the console’s came with its cookie.',
  SIGN_IN_EXPIRED:
    'The sign-in at the provider was not begun in this browser, or took more than ten minutes.',
  SIGN_IN_REFUSED: 'The provider did not let the person in.',
  SIGN_IN_INVALID: 'What the provider answered to a sign-in is not valid; the server’s log has the reason.',
  NO_GROUP_FITS:
    'The provider knows the person, and none of its groups is among those that may do something.',
  PROVIDER_UNREACHABLE: 'The OpenID provider does not answer as it should.',
  NOT_FOUND: 'No such thing in the caller’s scope.',
  AMBIGUOUS_REFERENCE: 'The reference fits several nodes; the message lists those in the caller’s scope.',
  IDEMPOTENCY_CONFLICT: 'The idempotency key was used with another input in the last 24 hours.',
  CURSOR_TOO_OLD: 'The events after this cursor are no longer kept, or it is of another server generation.',
  NAME_TAKEN: 'Another object has this name.',
  TOO_MANY: 'There are as many of these as there may be; the message says how many.',
  INVALID_ARGUMENT: 'The engine does not take this value.',
  // What stands in the way
  BUSY: 'Another operation holds what this one needs; the message names it.',
  NOT_ADOPTED: 'The cluster was found, not made by Skep, and is read-only until adoptCluster.',
  CLUSTER_UNREACHABLE: 'No agent of a trusted manager of the cluster is connected and answers.',
  CLUSTER_CHANGED: 'The cluster is not the one that was pinned (its CA digest differs).',
  HOST_OFFLINE: 'The agent of the host is not connected.',
  HOST_REVOKED: 'The agent of the host was revoked.',
  RESTORED:
    'The database was restored, or moved, while this was open: what became of it in the time that is lost is not known, and nothing of it was sent again.',
  OTHER_SERVER:
    'An agent has been with another server that has this one’s key; one of the two is an old copy.',
  HOST_QUARANTINED:
    'The host’s key or engine may have been copied: its agent is not listened to until releaseHost, or a new enrolment.',
  HOST_NOT_QUARANTINED: 'The host is not in quarantine.',
  KEY_KNOWN: 'The agent’s key is or was a host’s already; a new enrolment needs a new key.',
  ENGINE_CLAIMED: 'Another host has this engine id.',
  HOST_CONNECTED: 'The host is in use; take it out of its swarm or revoke it first.',
  NO_LEADER: 'The managers have no leader: quorum is lost, or an election runs.',
  CLUSTER_SPLIT: 'Two live swarms have the cluster’s id: no change is sent to either.',
  HAS_QUORUM: 'The managers have a leader and a majority: nothing is forced on a cluster that works.',
  FORCE_NEEDLESS: 'The host is a member of a cluster that works: it leaves without force.',
  NOT_CONFIRMED: 'The confirmation is not the cluster’s name.',
  SWARM_LOCKED: 'The manager waits for its unlock key.',
  NODE_NOT_READY: 'Only a Ready node can become a manager.',
  NODE_IS_MANAGER: 'A manager is not removed; demote it first.',
  NODE_NOT_DOWN: 'A Ready node is removed only with force.',
  NODE_NOT_FOUND: 'The cluster no longer has this node.',
  SERVICE_NOT_FOUND: 'The cluster no longer has this service.',
  NO_PREVIOUS_SPEC: 'The service was never changed: there is nothing to roll back to.',
  NO_SUITABLE_MANAGER:
    'No connected manager that carries out commands on services has the leader’s engine version: an older one would drop fields that it does not know.',
  IN_OTHER_SWARM: 'The host is a member of another swarm.',
  ALREADY_IN_SWARM: 'The host is a member of a swarm already.',
  NOT_IN_SWARM: 'The host is not a member of a swarm.',
  NOT_MANAGER: 'The host is not a manager.',
  JOIN_PENDING: 'The engine still tries an earlier join; leave first.',
  LAST_MANAGER: 'It is the only manager.',
  AUTOLOCK_OFF: 'The cluster has no unlock key, for autolock is off.',
  UNLOCK_KEY_NEEDED:
    'No unlocked manager of the cluster can be asked for the unlock key: the caller has to give it.',
  UNLOCK_KEY_INVALID: 'The unlock key is not the one that the manager was locked with.',
  NO_OTHER_AGENT: 'No manager that would be left has a connected agent: the end could not be observed.',
  WOULD_LOSE_QUORUM: 'The managers left would not be a majority.',
  IN_USE: 'Something still uses it; the message names what.',
  SUBNET_TAKEN: 'The subnet overlaps one of another network of the cluster.',
  NETWORK_NEEDED: 'The swarm itself needs this network.',
  NOT_CANCELLABLE: 'The operation has ended.',
  FLEET_UNCHANGEABLE:
    'The cluster differs from the fleet document in something that is not changed in place; the message names it.',
  WEBHOOK_DISABLED: 'The webhook is disabled, so nothing is delivered to it; enable it by updateWebhook.',
  NOT_WAITING: 'The node does not wait for a go-ahead.',
  // Guards: refused unless overridden with a reason
  NO_FAULT_TOLERANCE: 'The cluster tolerates the loss of a manager now and would not afterwards.',
  LAST_ACTIVE_NODE: 'No active node would be left for tasks to run on.',
  CONCURRENT_DRAIN: 'Another operation drains nodes of this cluster.',
  HOSTS_SKEP: 'This server itself runs on the host of the node.',
  UNREACHABLE_MANAGER: 'A manager is unreachable, and fewer reachable ones would be left.',
  JOIN_ADDRESS_GONE:
    'The host joined its swarm through a manager that is none any more: promoted, it would go Down instead.',
  ADDRESS_NOT_LOCAL: 'The host’s agent does not have this address.',
  KERNEL_LACKS_ESP:
    'Kernels of hosts in the cluster have no ESP: packets of an encrypted network would be dropped there without a word.',
  PORT_BLOCKED:
    'A port that a swarm needs is closed or filtered between a host that is to join and a manager.',
  MEMBERS_LEFT_BEHIND: 'Members of the cluster have no connected agent and would not be told.',
  MAJORITY_RECOVERABLE:
    'A majority of the managers could be brought back by starting or unlocking engines whose agents are connected.',
  // What went wrong on the way
  PARTIAL: 'Some targets failed, some did not.',
  CANCELLED: 'Cancelled before it was begun.',
  OUT_OF_SEQUENCE: 'The object was changed by somebody else again and again.',
  JOIN_TOKEN_INVALID: 'The cluster did not take the join token.',
  CA_MISMATCH: 'The join token belongs to another cluster.',
  MANAGER_UNREACHABLE: 'The host reaches no manager at the address.',
  CA_ROTATION_BLOCKED:
    'Nodes have not got a certificate of the new root CA in time; the rotation goes on and waits for them.',
  LEAVE_NEEDS_DEMOTION: 'The host still is a manager.',
  NOT_IN_RAFT_YET: 'The node was promoted a moment ago and is not in the raft group yet.',
  NOT_ALLOWED: 'The host’s agent was started without this command.',
  EXPIRED: 'The command reached the agent too late to be carried out.',
  INTERRUPTED: 'The agent was stopped before it heard the engine’s answer.',
  JOURNAL_FAILED: 'The agent could not write its journal, so nothing was sent to the engine.',
  NOT_OBSERVED: 'The engine said yes, but the wanted state was not observed in time.',
  DRAIN_DEADLINE:
    'Tasks were left on the node at the deadline, which the message names; the node stays in drain.',
  NOT_CONVERGED:
    'The tasks of the service did not run as wanted at the deadline; the message has their errors. The managers go on.',
  ROLLED_BACK: 'The update failed, and the managers put the service back as it was before.',
  UPDATE_PAUSED: 'The update or rollback failed, and the managers paused it where it was.',
  DEMOTION_PUT_OFF:
    'The managers took the demotion and did not carry it out in time: they put it off while a majority would not be left.',
  PROMOTION_STUCK:
    'The engine of the promoted node tries to enter the raft group through the manager that it once joined by, which is none any more. Promote the node at that address again.',
  HOOK_FAILED:
    'The hook of a maintenance gave no answer in time, or another one than 2xx; the node stays in drain.',
  DELIVERY_FAILED: 'The receiver of a webhook did not take a delivery; the message says how it ended.',
  NOT_BACK:
    'Host and node were not seen back at the deadline, and the message says why; the node stays in drain.',
  NOT_BEGUN: 'An earlier target failed, or the deadline was over, so this one was not begun.',
  OUTCOME_UNKNOWN: 'It may have happened; observation could not tell in time.',
  ENGINE_UNREACHABLE: 'The host’s engine does not answer.',
  ENGINE_TIMEOUT: 'The engine did not answer in time.',
  ENGINE_BAD_ANSWER: 'The engine’s answer is not what the Docker API promises.',
  ENGINE_ERROR: 'The engine refused; the message has its words.',
  DATABASE_UNAVAILABLE:
    'The server’s database takes nothing at the moment, so what was read could not be kept.',
  AUDIT_UNAVAILABLE: 'The act could not be put on record, so nothing was done.',
  INTERNAL: 'A defect of Skep; the log has it under the request id.',
} as const;

export type FailureCode = keyof typeof failureCodes;

/** Whether the same call may succeed a little later without anybody changing anything. */
const retryable: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'PROVIDER_UNREACHABLE',
  'RATE_LIMITED',
  'BUSY',
  'CLUSTER_UNREACHABLE',
  'HOST_OFFLINE',
  'NO_LEADER',
  'OUT_OF_SEQUENCE',
  'DRAIN_DEADLINE',
  'NO_SUITABLE_MANAGER',
  'NOT_IN_RAFT_YET',
  'MANAGER_UNREACHABLE',
  'ENGINE_UNREACHABLE',
  'ENGINE_TIMEOUT',
  'DATABASE_UNAVAILABLE',
  'AUDIT_UNAVAILABLE',
]);

/** What is told of a failure: on record, in answers, in events. */
export type FailureInfo = { code: FailureCode; message: string; hint: string | null; retryable: boolean };

/** Cannot be done. Expected: everything that is not a Failure is a defect and is masked. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly hint: string | null;
  /** RATE_LIMITED: when to try again. */
  readonly retryAfterSeconds: number | null;

  /** @param message what is wrong, and which; never a secret. @param hint what to do. */
  constructor(
    code: FailureCode,
    message: string,
    hint: string | null = null,
    { retryAfterSeconds = null }: { retryAfterSeconds?: number | null } = {},
  ) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.hint = hint;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const isFailureCode = (code: string): code is FailureCode => code in failureCodes;

/** For `catch`, where a look that fails now is made again: a Failure is null, a defect stays one. */
export const failureIsNull = (error: unknown): null => {
  if (error instanceof Failure) return null;
  throw error;
};

/** The told form. A defect is INTERNAL without its message. */
export const failureInfo = (error: unknown): FailureInfo =>
  error instanceof Failure
    ? {
        code: error.code,
        message: scrub(error.message),
        hint: error.hint,
        retryable: retryable.has(error.code),
      }
    : { code: 'INTERNAL', message: 'a defect of Skep', hint: 'the log has it', retryable: false };
