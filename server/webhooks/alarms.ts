// What webhooks can be told of: the kinds of alarm, and the types of the messages that each is told by.

/** Every kind with what it means, and the message of its beginning and of its end; no end: it is told once. */
export const alarms = {
  NODE_DOWN: {
    means: 'A node is Down, and is Ready again.',
    begins: 'node.down',
    ends: 'node.up',
    waits: true,
  },
  AGENT_SILENT: {
    means: 'The agent of a host is not connected, and is again.',
    begins: 'agent.silent',
    ends: 'agent.back',
    waits: true,
  },
  QUORUM_AT_RISK: {
    means: 'A cluster that tolerated the loss of a manager no longer does, and does again.',
    begins: 'quorum.at_risk',
    ends: 'quorum.safe',
    waits: true,
  },
  QUORUM_LOST: {
    means:
      'The managers of a cluster have no majority or no leader for longer than an election takes, and have again.',
    begins: 'quorum.lost',
    ends: 'quorum.recovered',
    waits: false,
  },
  CLUSTER_SPLIT: {
    means: 'Two live swarms have the id of one cluster, and no longer.',
    begins: 'cluster.split',
    ends: 'cluster.whole',
    waits: false,
  },
  FLEET_DRIFT: {
    means: 'A cluster differs from its fleet document, and no longer does.',
    begins: 'fleet.drift',
    ends: 'fleet.in_sync',
    waits: false,
  },
  TOKEN_OVERDUE: {
    means: 'A join token is due to be rotated, and was.',
    begins: 'token.overdue',
    ends: 'token.rotated',
    waits: false,
  },
  OPERATION_FAILED: {
    means: 'An operation ended as FAILED or UNRESOLVED.',
    begins: 'operation.failed',
    ends: null,
    waits: false,
  },
  AUDIT_UNAVAILABLE: {
    means: 'An act could not be put on record, so nothing was done; and the next one was.',
    begins: 'audit.unavailable',
    ends: 'audit.available',
    waits: false,
  },
} as const satisfies Record<
  string,
  {
    means: string;
    begins: string;
    ends: string | null;
    /** Whether it has to hold for a while before it is told: what comes and goes by itself. */
    waits: boolean;
  }
>;

export type AlarmKind = keyof typeof alarms;
export const isAlarmKind = (name: string): name is AlarmKind => name in alarms;
export const alarmKinds = Object.keys(alarms).filter(isAlarmKind);

/** What an alarm was about is gone, which is neither its end nor its going on. */
export const withdrawn = 'alarm.withdrawn';
/** Sent by testWebhook alone. */
export const testType = 'webhook.test';
