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
      {
        test: 'test/platform/write-groups.test.ts',
        name: 'acknowledges nothing, and calls nothing, before the COMMIT',
        broken: {
          file: 'server/platform/write-queue.ts',
          find: '      transaction.commit();',
          replace: '      queueMicrotask(transaction.commit);',
        },
      },
      {
        test: 'test/platform/write-groups.test.ts',
        name: 'keeps nine of ten when one fails, in their order, and shows none of them before the COMMIT',
        broken: {
          file: 'server/platform/write-queue.ts',
          find: '    else transaction.undo();',
          replace: '    else transaction.release();',
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
      {
        test: 'test/restart/lost-answers.test.ts',
        name: 'goes on observing when another program held the database’s lock meanwhile',
        broken: {
          file: 'server/clusters/read.ts',
          find: 'if (!(error instanceof DatabaseError)) throw error;',
          replace: 'if (error) throw error;',
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
      {
        test: 'test/operations/drain.test.ts',
        name: 'ends when the node is empty, not when drain is set, and tells how far it is',
        broken: {
          file: 'server/nodes/empty.ts',
          find: 'if (now.left.length > 0) return null;',
          replace: '',
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
      {
        test: 'test/quorum/rule.test.ts',
        name: 'allows no sequence of steps that loses the majority, plural calls and people between them too',
        broken: {
          file: 'server/nodes/role-rules.ts',
          find: 'if (then.tolerates < 0)',
          replace: 'if (then.tolerates < -1)',
        },
      },
      {
        test: 'test/quorum/rule.test.ts',
        name: 'counts a demotion that the managers put off both ways',
        broken: {
          file: 'server/nodes/role-rules.ts',
          find: 'const leaving = nodes.filter(isLeaving);',
          replace: 'const leaving = nodes.filter(isLeaving).slice(0, 0);',
        },
      },
      {
        test: 'test/operations/drain.test.ts',
        name: 'of several drains that come at once, one is carried out',
        broken: {
          file: 'server/nodes/drain-guards.ts',
          find: 'before(operation).find(drainsNow);',
          replace: 'before(operation).find(() => false);',
        },
      },
      {
        test: 'test/maintenance/rule.test.ts',
        name: 'never takes more than allowed and never loses quorum',
        broken: {
          file: 'server/maintenance/rule.ts',
          find: 'isManager(node) && tolerates < 0',
          replace: 'isManager(node) && tolerates < -1',
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
          file: 'server/platform/recent-events.ts',
          find: 'while ((kept[first - 1]?.event.seq ?? 0) > seq) first -= 1;',
          replace: 'while ((kept[first - 1]?.event.seq ?? 0) > seq + 1) first -= 1;',
        },
      },
      {
        test: 'test/live/without-engines.test.ts',
        name: 'refuse a cursor that is too old, or of another server, over both transports',
        broken: {
          file: 'server/platform/event-reader.ts',
          find: 'seq < floorSeq',
          replace: 'seq < 0 * floorSeq',
        },
      },
      {
        test: 'test/live/shared-subscriptions.test.ts',
        name: 'go on from where they began or were held up, without a gap and once, however each reads',
        broken: {
          file: 'server/graphql/cohort.ts',
          find: '      member.seq = seq;',
          replace: '      member.seq = from;',
        },
      },
      {
        test: 'test/transports/slow-connections.test.ts',
        name: 'is cut off with its connection, over a WebSocket and SSE; who reads hears all',
        broken: {
          file: 'server/graphql/slow-readers.ts',
          find: 'else if (now - seen.well > seconds * 1_000) socket.destroy();',
          replace: '',
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
      {
        test: 'test/agent/commands.test.ts',
        name: 'no secret reaches journal, log or failure',
        broken: {
          file: 'agent/commands.ts',
          find: "return body.__typename === 'UnlockSwarm' ? { ...body, unlockKey: undefined } : body;",
          replace: 'return body;',
        },
      },
      {
        test: 'test/audit/secrets.test.ts',
        name: 'no file that the server or an agent keeps or writes has one, but for the line of the first start',
        broken: {
          file: 'server/webhooks/webhook.ts',
          find: 'seal.close(text, ',
          replace: '((open: string, _of: string): string => open)(text, ',
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
      {
        test: 'test/audit/witness.test.ts',
        name: 'a history that was chained and signed anew with the server’s key shows by what they keep',
        broken: {
          file: 'server/audit/compare-heads.ts',
          find: "return hashes.get(head.seq) === head.hash ? 'FITS' : 'CONTRADICTS';",
          replace: "return hashes.has(head.seq) ? 'FITS' : 'CONTRADICTS';",
        },
      },
      {
        test: 'test/audit/seals.test.ts',
        name: 'a seal that somebody invented, to hide what he deleted below it, is found out',
        broken: {
          file: 'server/audit/verify-seals.ts',
          find: 'if (!isSigned(publicKey, sealText(seal), seal.signature))',
          replace: "if (publicKey === '')",
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
          file: 'server/nodes/schema/node.ts',
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

/** What holds beside the nine. */
export const beside: readonly Omit<Pledge, 'number'>[] = [
  {
    says: 'Nobody is in who does not belong: an agent that is relayed, copied, revoked or overheard is refused.',
    shown: [
      {
        test: 'test/agent/tls.test.ts',
        name: 'somebody who relays between two TLS connections hears no enrolment secret',
        broken: {
          file: 'agent/handshake.ts',
          find: 'if (!isSigned(publicKey, serverProof(opening, nonce, generation), signature)) {',
          replace: "if (publicKey === '') {",
        },
      },
      {
        test: 'test/agent/tls.test.ts',
        name: 'an attach that was overheard is worth nothing on another connection',
        broken: {
          file: 'server/hosts/agent-endpoint.ts',
          find: '(await proves(host.publicKey, agentText(session, claim), signature));',
          replace: 'true;',
        },
      },
      {
        test: 'test/agent/identity.test.ts',
        name: 'since another start, and the older one answers: both are in quarantine',
        broken: {
          file: 'server/hosts/identity-rule.ts',
          find: '(await older.probe())',
          replace: '(await older.probe()) === null',
        },
      },
      {
        test: 'test/agent/identity.test.ts',
        name: 'is cut off within a second without a word of its own, and does not come back',
        broken: {
          file: 'server/hosts/actions.ts',
          find: "links.of(id)?.close(4403, 'revoked');",
          replace: '',
        },
      },
      {
        test: 'test/access/agents.test.ts',
        name: 'of a hundred that try one secret at once, one is enrolled',
        broken: {
          file: 'server/hosts/enrolments.ts',
          find: 'usedAt: null, expiresAt: { gt: now } },',
          replace: 'expiresAt: { gt: now } },',
        },
      },
    ],
  },
  {
    says: 'A key sees and does what its role and its clusters allow, over every transport; guessing is limited.',
    shown: [
      {
        test: 'test/transports/lane.test.ts',
        name: 'never gives a key the bytes that were kept for another with other rights',
        broken: {
          file: 'server/graphql/kept.ts',
          find: 'rightsOf(viewer)}\\n',
          replace: 'viewer.role}\\n',
        },
      },
      {
        test: 'test/access/sight.test.ts',
        name: 'a key for no cluster holds nothing anywhere, but may ask who it is',
        broken: {
          file: 'server/access/holders.ts',
          find: 'holder.clusters?.length === 0 ? [] : [...new Set([...roles[holder.role], ...holder.permissions])];',
          replace: '[...new Set([...roles[holder.role], ...holder.permissions])];',
        },
      },
      {
        test: 'test/transports/rate-limits.test.ts',
        name: '120 from one address: after 20 it is told to wait; the right key is taken, from there and from elsewhere',
        broken: {
          file: 'server/graphql/authenticate.ts',
          find: 'await attempts.failed(sourceAddress);',
          replace: '',
        },
      },
    ],
  },
  {
    says: 'A person is let in by the word of the provider alone, with the rights of one group, until the session ends.',
    shown: [
      {
        test: 'test/access/oidc-protocol.test.ts',
        name: 'an ID token with groups that were written in later',
        broken: {
          file: 'server/access/oidc-provider.ts',
          find: '          enableNonRepudiationChecks,\n',
          replace: '',
        },
      },
      {
        test: 'test/access/oidc-protocol.test.ts',
        name: 'with another state, without one, in another browser, or a second time, leads nowhere',
        broken: {
          file: 'server/access/oidc-transactions.ts',
          find: 'if (!found || found.checks.state !== state) return null;',
          replace: 'if (!found) return null;',
        },
      },
      {
        test: 'test/access/oidc.test.ts',
        name: 'that is revoked ends at once, with what is open over it, and no other of its person',
        broken: {
          file: 'server/access/sessions.ts',
          find: '        () => drop(id),\n      );\n      endings.ended(id);',
          replace: '      );\n      endings.ended(id);',
        },
      },
    ],
  },
  {
    says: 'A restored database is a new generation: cursors of the old one are refused, and nothing is sent again.',
    shown: [
      {
        test: 'test/restart/restore.test.ts',
        name: 'begins a new generation when the database is older than the folder knows',
        broken: {
          file: 'server/operations/operations.ts',
          find: 'if (restored) {',
          replace: "if (restored && operation.id === '') {",
        },
      },
    ],
  },
  {
    says: 'An alarm is not lost and keeps its id, wherever the server is killed between event and delivery.',
    shown: [
      {
        test: 'test/webhooks/killed.test.ts',
        name: 'an alarm of which the event alone is known yet comes all the same',
        broken: {
          file: 'server/webhooks/watch.ts',
          find: 'let position = Math.min(kept ? Number(kept.value) : reader.head(), reader.head());',
          replace: 'let position = reader.head();',
        },
      },
      {
        test: 'test/webhooks/parts.test.ts',
        name: 'what is over within the grace is told to nobody, however often it comes',
        broken: {
          file: 'server/webhooks/conditions.ts',
          find: 'if (!known.toldAt) continue;',
          replace: '',
        },
      },
    ],
  },
  {
    says: 'A cluster that works is never begun anew, and two swarms under one id are sent nothing.',
    shown: [
      {
        test: 'test/agent/recover-swarm.test.ts',
        name: 'refuses an engine that sees a leader',
        broken: {
          file: 'agent/execute-membership.ts',
          find: 'if (!swarm.Error) throw',
          replace: 'if (swarm.Error === undefined) throw',
        },
      },
      {
        test: 'test/recovery/split.test.ts',
        name: 'is two when two hosts claim to be one node',
        broken: {
          file: 'server/clusters/split.ts',
          find: 'const key = twins.length > 0 ?',
          replace: 'const key = twins.length > 9 ?',
        },
      },
    ],
  },
];
