// `skep watch`: changes as they are seen, from now or from a cursor on.
import type { Command } from 'commander';
import { leaf, parsed, type Setting } from '../command.ts';
import { chosenCluster } from '../find.ts';
import {
  ClusterChangedDocument,
  HostChangedDocument,
  NodeChangedDocument,
  OperationChangedDocument,
} from '../generated/documents.ts';
import { shownValue } from '../print.ts';
import { inOneLine } from '../printable.ts';
import type { Session } from '../session.ts';
import { parseCountFromOne, parseWord } from '../values.ts';

type Change = { path: string; old: unknown; new: unknown };
type By = { action: string; reason: string | null; actor: { name: string } } | null;
type Seen = {
  at: string;
  kind: string;
  cursor: string;
  what: string;
  changes: Change[];
  by: By;
  event: object;
};

const topics = ['NODES', 'HOSTS', 'OPERATIONS', 'CLUSTERS'] as const;
type Topic = (typeof topics)[number];

async function* eventsOf(
  session: Session,
  topic: Topic,
  cluster: string | undefined,
  options: { after?: string; onLine(up: boolean): void },
): AsyncGenerator<Seen> {
  switch (topic) {
    case 'NODES': {
      const filter = cluster === undefined ? undefined : { clusters: [cluster] };
      for await (const { nodeChanged: event } of session.listen(NodeChangedDocument, { filter }, options))
        yield { ...event, what: `node ${event.node.hostname}`, by: event.operation, event };
      return;
    }
    case 'HOSTS':
      for await (const { hostChanged: event } of session.listen(
        HostChangedDocument,
        { filter: { cluster } },
        options,
      ))
        yield { ...event, what: `host ${event.name}`, by: event.operation, event };
      return;
    case 'CLUSTERS': {
      const filter = cluster === undefined ? undefined : { ids: [cluster] };
      for await (const { clusterChanged: event } of session.listen(
        ClusterChangedDocument,
        { filter },
        options,
      ))
        yield { ...event, what: `cluster ${event.name}`, by: event.operation, event };
      return;
    }
    case 'OPERATIONS':
      for await (const { operationChanged: event } of session.listen(
        OperationChangedDocument,
        { filter: { cluster } },
        options,
      ))
        yield {
          ...event,
          what: `${event.operation.action} ${event.operation.id} ${event.operation.state}`,
          by: event.operation,
          event,
        };
  }
}

const inALine = ({ at, kind, what, changes, by }: Seen): string => {
  const told = changes
    .map(({ path, old, new: now }) => `${path}: ${shownValue(old)} → ${shownValue(now)}`)
    .join(', ');
  const who = by ? ` (${by.action} by ${by.actor.name}${by.reason ? `: ${by.reason}` : ''})` : '';
  return inOneLine(`${at} ${kind.toLowerCase()} ${what}${told === '' ? '' : ` ${told}`}${who}`);
};

export const addWatch = (setting: Setting, program: Command): void => {
  leaf<{ after?: string; count?: number }>(
    setting,
    program,
    'watch [topic]',
    {
      summary: 'Show changes of nodes, hosts, operations or clusters as they come; ended by Ctrl-C',
      examples: ['watch', 'watch operations', 'watch nodes --format json --after 01J8…'],
    },
    (command) =>
      command
        .option('--after <cursor>', 'begin after this event; default: now')
        .addOption(parsed('--count <count>', 'end after so many', parseCountFromOne)),
    async (session, [word], { after, count = Number.POSITIVE_INFINITY }) => {
      const topic = parseWord(...topics)(word ?? 'nodes');
      const cluster = await chosenCluster(session);
      let left = count;
      let cursor = after;
      let wasUp: boolean | null = null;
      const onLine = (up: boolean): void => {
        if (session.signal.aborted) return;
        if (!up) session.err('the line to the server is cut; it is dialled again, and nothing is missed');
        else if (wasUp === false) session.err('the line is back');
        else if (!session.quiet) session.err(`watching ${topic.toLowerCase()}`);
        wasUp = up;
      };
      for await (const seen of eventsOf(session, topic, cluster, { ...(after ? { after } : {}), onLine })) {
        cursor = seen.cursor;
        session.out(session.format === 'json' ? JSON.stringify(seen.event) : inALine(seen));
        left -= 1;
        if (left <= 0) break;
      }
      if (cursor !== undefined && !session.quiet) session.err(`go on from here: --after ${cursor}`);
      return 'succeeded';
    },
  );
};
