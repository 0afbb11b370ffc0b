// What Skep promises, the test that shows each, and the break in the code that the test must notice.

/** One edit that takes a promise away: `find` occurs once in the file. */
export type Break = { file: string; find: string; replace: string };

export type Shown = {
  /** The vitest file. */
  test: string;
  /** The title of the test, or the end of it. */
  name: string;
  /** With this edit the named test fails: `npm run promises` makes it in a copy, looks, and throws the copy away. */
  broken: Break;
};

export type Pledge = { number: number; says: string; shown: readonly Shown[] };

/** In the order of the README, which links to each test. */
export const pledges: readonly Pledge[] = [
  {
    number: 1,
    says: 'Nothing is done that was not first recorded, durably. No record, no act; reads go on.',
    shown: [
      {
        test: 'test/promises/recorded-first.test.ts',
        name: 'no record, no act: the engine hears nothing, reads go on, and it works again by itself',
        broken: {
          file: 'server/operations/operations.ts',
          find: "log.error({ err: error, operation: operation.id }, 'an intent could not be recorded');",
          replace: 'return;',
        },
      },
      {
        test: 'test/promises/recorded-first.test.ts',
        name: 'an intent is on the disk before the engine hears of it, also when the server dies right then',
        broken: {
          file: 'server/operations/store.ts',
          find: 'await intent(tx, emit, operation);',
          replace: '',
        },
      },
      {
        test: 'test/platform/database.test.ts',
        name: 'runs each with the settings that the promises rest on',
        broken: {
          file: 'server/platform/sqlite-connection.ts',
          find: "['synchronous', 2]",
          replace: "['synchronous', 1]",
        },
      },
    ],
  },
  {
    number: 2,
    says: 'Every intent gets exactly one outcome, written when the operation becomes final; a crash never writes one.',
    shown: [
      {
        test: 'test/operations/door.test.ts',
        name: 'each operation has one intent and one outcome, and the chain of records holds',
        broken: {
          file: 'server/operations/store.ts',
          find: '        if (!ended) return;',
          replace: "        if (!ended || operation.state === 'REFUSED') return;",
        },
      },
      {
        test: 'test/restart/server-killed.test.ts',
        name: 'leaves a history without a fault: no command begun twice, nothing EXTERNAL, one outcome each',
        broken: {
          file: 'server/operations/operations.ts',
          find: 'if (action) conduct.resume(action, operation);',
          replace: 'if (action) void action;',
        },
      },
    ],
  },
  {
    number: 3,
    says: 'A command takes effect at most once, also across kill -9 of server, agent or engine. A call that timed out is unknown, not failed.',
    shown: [
      {
        test: 'test/restart/lost-answers.test.ts',
        name: 'never says SUCCEEDED, nor tries again, when nothing was taken and nobody knows',
        broken: {
          file: 'agent/journal.ts',
          find: "return { state: lines.some((line) => line.state === 'started') ? 'started' : 'accepted', isConfirmed };",
          replace: "return { state: 'accepted', isConfirmed };",
        },
      },
    ],
  },
  {
    number: 4,
    says: 'SUCCEEDED is said only when the cluster was observed in the wanted state, by a read begun after the act.',
    shown: [
      {
        test: 'test/restart/lost-answers.test.ts',
        name: 'never says SUCCEEDED, nor tries again, when nothing was taken and nobody knows',
        broken: {
          file: 'server/nodes/change.ts',
          find: 'if (fresh && node && seen(node, fresh)) return fresh;',
          replace: 'if (fresh && node) return fresh;',
        },
      },
    ],
  },
  {
    number: 5,
    says: 'No change of ours loses quorum, and what takes the fault tolerance away needs an override with a reason.',
    shown: [
      {
        test: 'test/refusals/quorum.test.ts',
        name: 'no override loses the quorum',
        broken: {
          file: 'server/clusters/quorum.ts',
          find: 'const needed = managers === 0 ? 0 : Math.floor(managers / 2) + 1;',
          replace: 'const needed = managers === 0 ? 0 : 1;',
        },
      },
    ],
  },
  {
    number: 6,
    says: 'A subscriber sees every change from its cursor once and in order, or is told that the cursor is too old. A reader that does not read harms nobody else.',
    shown: [
      {
        test: 'test/live/cursors.test.ts',
        name: 'lets each query go on as a subscription that leads to the final state',
        broken: {
          file: 'server/platform/events.ts',
          find: 'where: { topic, seq: { gt: seq, lte: until } },',
          replace: 'where: { topic, seq: { gt: seq + 1, lte: until } },',
        },
      },
      {
        test: 'test/live/without-engines.test.ts',
        name: 'refuse a cursor that is too old, or of another server, over both transports',
        broken: {
          file: 'server/platform/events.ts',
          find: 'seq < floorSeq',
          replace: 'seq < 0 * floorSeq',
        },
      },
    ],
  },
  {
    number: 7,
    says: 'No secret in a log, audit record, error, journal or, in clear, in the database.',
    shown: [
      {
        test: 'test/audit/secrets.test.ts',
        name: 'one that somebody wrote where it does not belong is struck out',
        broken: {
          file: 'server/operations/operations.ts',
          find: 'reason: common.reason && scrub(common.reason),',
          replace: 'reason: common.reason,',
        },
      },
    ],
  },
  {
    number: 8,
    says: 'An edited, deleted or reordered history shows, even one that was chained and signed anew.',
    shown: [
      {
        test: 'test/audit/history.test.ts',
        name: 'an edit of it shows, even by somebody who took the triggers away for it',
        broken: {
          file: 'server/audit/chain.ts',
          find: 'return row.hash === hashOf(row) ? null',
          replace: 'return row.hash !== null ? null',
        },
      },
    ],
  },
  {
    number: 9,
    says: 'A list is complete or says that it is not.',
    shown: [
      {
        test: 'test/promises/lists.test.ts',
        name: 'a list that cannot be read now says so, of each node and of the cluster, and never shrinks',
        broken: {
          file: 'server/nodes/schema.ts',
          find: 'clusters.find(clusterId)?.trouble != null,',
          replace: 'clusters.find(clusterId) === null,',
        },
      },
      {
        test: 'test/promises/lists.test.ts',
        name: 'pages add up to the whole, and more than a page may hold is refused, never clamped',
        broken: {
          file: 'server/graphql/connection.ts',
          find: 'next: start + first < sorted.length,',
          replace: 'next: false,',
        },
      },
    ],
  },
];
