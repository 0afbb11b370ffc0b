// Enums of the agents' schema.
import { builder } from './builder.ts';

export const FailureCode = builder.enumType('FailureCode', {
  description:
    'What went wrong, from the engine’s status and text (its status codes alone mislead). Open: expect new values.',
  values: {
    NOT_IN_SWARM: { description: 'The host is in no swarm.' },
    NOT_MANAGER: { description: 'The host is a worker: it cannot read or change the cluster.' },
    ALREADY_IN_SWARM: { description: 'The host is a member of a swarm already, or a join is still pending.' },
    NO_LEADER: { description: 'The managers have no leader: quorum is lost, or an election runs.' },
    HAS_QUORUM: { description: 'The engine sees a leader: there is nothing to recover.' },
    SWARM_LOCKED: { description: 'Autolock: the manager waits for its unlock key.' },
    OUT_OF_SEQUENCE: { description: 'The object changed since it was read, again and again.' },
    LAST_MANAGER: { description: 'It is the only manager.' },
    WOULD_LOSE_QUORUM: { description: 'The raft group would lose its majority.' },
    NOT_IN_RAFT_YET: { description: 'Just promoted, not in the raft group yet.' },
    NODE_NOT_FOUND: {},
    NODE_IS_MANAGER: {},
    NODE_NOT_DOWN: {},
    SERVICE_NOT_FOUND: {},
    NO_PREVIOUS_SPEC: { description: 'The service was never changed: there is nothing to roll back to.' },
    LEAVE_NEEDS_DEMOTION: { description: 'The host is a manager: a leave would break the raft group.' },
    JOIN_TOKEN_INVALID: {},
    CA_MISMATCH: { description: 'The token belongs to another cluster.' },
    UNLOCK_KEY_INVALID: { description: 'The unlock key is not the one that the manager was locked with.' },
    MANAGER_UNREACHABLE: { description: 'No manager answers at the address.' },
    NAME_TAKEN: { description: 'Another service, network, secret or config has this name.' },
    IN_USE: { description: 'A service, or a container, still uses the network, secret or config.' },
    NOT_FOUND: { description: 'The cluster has no such network, secret or config.' },
    JOIN_PENDING: { description: 'The engine goes on trying by itself; leave before another join.' },
    INVALID_ARGUMENT: {},
    ENGINE_UNREACHABLE: {
      description: 'The engine’s socket does not answer at all; the call never reached it.',
    },
    ENGINE_TIMEOUT: { description: 'No answer in time: it may have happened.' },
    ENGINE_BAD_ANSWER: { description: 'An answer that is not what the Docker API promises.' },
    ENGINE_ERROR: { description: 'Any other refusal of the engine.' },
    NOT_ALLOWED: { description: 'The agent was started without this command in its allow list.' },
    EXPIRED: { description: 'The command was older than it may be.' },
    JOURNAL_FAILED: { description: 'The agent could not write its journal: nothing was sent to the engine.' },
    INTERRUPTED: { description: 'The agent was stopped between sending the call and hearing the answer.' },
  } as const,
});

export const CommandOutcomeEnum = builder.enumType('CommandOutcome', {
  values: {
    DONE: { description: 'Carried out: the engine said yes, or it was so already.' },
    FAILED: { description: 'The engine said no, nothing changed.' },
    REFUSED: {
      description:
        'The agent may or does not carry this out (allow list, too old), nothing was sent to the engine.',
    },
    UNKNOWN: { description: 'Sent to the engine, no answer known: it may have happened, or may still.' },
  } as const,
});
