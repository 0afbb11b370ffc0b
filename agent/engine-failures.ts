// What an engine's refusal means. Its status codes mislead (503 is the wrong role, 500 a stale version): the text decides.

import type { FailureCode } from './contract.ts';
import { CommandFailure } from './failure.ts';

// Order matters: the first match counts. The texts are the same from engine 20.10 to 28.5 (moby daemon/cluster/errors.go,
// swarmkit manager/controlapi and manager/state/raft).
const meanings: readonly (readonly [RegExp, FailureCode])[] = [
  [/already part of a swarm/, 'ALREADY_IN_SWARM'],
  [/not part of a swarm|not a swarm manager\. Use "docker swarm init"/, 'NOT_IN_SWARM'],
  [/Worker nodes can't be used/, 'NOT_MANAGER'],
  [/Manager is being prepared|does not have a leader/, 'NO_LEADER'],
  [/is encrypted and (?:needs to be unlocked|locked)/, 'SWARM_LOCKED'],
  [/update out of sequence/, 'OUT_OF_SEQUENCE'],
  [/demote the last manager|Removing the last manager/, 'LAST_MANAGER'],
  [/result in a loss of quorum/, 'WOULD_LOSE_QUORUM'],
  [/can't find manager in raft memberlist/, 'NOT_IN_RAFT_YET'],
  [/is a cluster manager and is a member of the raft cluster/, 'NODE_IS_MANAGER'],
  [/is not down and can't be removed/, 'NODE_NOT_DOWN'],
  [/leave the swarm on a node that is participating as a manager/, 'LEAVE_NEEDS_DEMOTION'],
  [/invalid join token|valid join token is necessary/, 'JOIN_TOKEN_INVALID'],
  [/remote CA does not match fingerprint/, 'CA_MISMATCH'],
  [/invalid key provided|invalid key string/, 'UNLOCK_KEY_INVALID'],
  [/Timeout was reached before node joined/, 'JOIN_PENDING'],
  [/node \S+ not found/, 'NODE_NOT_FOUND'],
  [/(?:network|secret|config) \S+ not found/, 'NOT_FOUND'],
  [/network with name \S+ already exists|(?:secret|config) \S+ already exists/, 'NAME_TAKEN'],
  [/ is in use by /, 'IN_USE'],
  [/service \S+ not found/, 'SERVICE_NOT_FOUND'],
  [/does not have a previous spec/, 'NO_PREVIOUS_SPEC'],
  [/name conflicts with an existing object/, 'NAME_TAKEN'],
  [/message is too large|received message larger than max|ResourceExhausted/, 'INVALID_ARGUMENT'],
  [
    /code = InvalidArgument|^invalid |Datapath port number|cannot assign requested address/,
    'INVALID_ARGUMENT',
  ],
];

const joinCannotReach =
  /code = Unavailable|connection refused|no route to host|i\/o timeout|could not find local IP address|Error while dialing/;

// A follower passes a write on to the leader: when that call breaks, or raft drops the proposal, the write may still count.
const lostOnTheWay =
  /DeadlineExceeded|deadline exceeded|code = (?:Unavailable|Canceled|Aborted)|RST_STREAM|unexpected EOF|closed the stream without|lost leader status|request cancell?ed/;

// The call to the leader could not even be dialled: nothing was proposed.
const neverLeft = /Error while dialing/;

/**
 * The failure that an engine's error answer stands for.
 *
 * @param call - `write` for everything but GET; `join` reaches for another manager, so the network's words mean that one
 */
export function engineRefusal(
  call: 'read' | 'write' | 'join',
  status: number,
  message: string,
): CommandFailure {
  const known = meanings.find(([text]) => text.test(message));
  if (known !== undefined) {
    // The engine goes on joining in the background.
    return new CommandFailure(known[1] === 'JOIN_PENDING' ? 'UNKNOWN' : 'FAILED', known[1], message);
  }
  if (call === 'join' && joinCannotReach.test(message)) {
    return new CommandFailure('FAILED', 'MANAGER_UNREACHABLE', message);
  }
  if (neverLeft.test(message)) return new CommandFailure('FAILED', 'NO_LEADER', message);
  if (lostOnTheWay.test(message)) {
    return call === 'read'
      ? new CommandFailure('FAILED', 'NO_LEADER', message)
      : new CommandFailure('UNKNOWN', 'ENGINE_TIMEOUT', message);
  }
  return new CommandFailure('FAILED', status === 400 ? 'INVALID_ARGUMENT' : 'ENGINE_ERROR', message);
}
