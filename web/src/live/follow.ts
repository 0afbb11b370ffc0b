// Fills the store and keeps it: reads what there is, then follows the events from that answer's cursor, over every break.
import type { Client as Socket } from 'graphql-ws';
import {
  AuditRecordedDocument,
  ClusterChangedDocument,
  ClustersDocument,
  ConfigChangedDocument,
  DriftChangedDocument,
  EventCursorDocument,
  HostChangedDocument,
  HostsDocument,
  NetworkChangedDocument,
  NodeChangedDocument,
  NodesDocument,
  OpenOperationsDocument,
  OperationChangedDocument,
  SecretChangedDocument,
  ServiceChangedDocument,
} from '../../generated/documents.ts';
import {
  type Activity,
  isFinal,
  type Live,
  type LiveCluster,
  type LiveHost,
  type LiveNode,
  type LiveOperation,
  replaced,
  type Store,
  type Topic,
  ticked,
} from './store.ts';
import { type Ask, RequestError, type TypedDocument } from './transport.ts';

type Changes = Activity['changes'];
const activityKept = 100;

const withActivity = (live: Live, one: Activity): readonly Activity[] =>
  one.changes.length === 0 && one.kind === 'UPDATED'
    ? live.activity
    : [one, ...live.activity].slice(0, activityKept);

/** Of operations that ended while the console was open: a tab may stay open for months. */
const operationsKept = 300;

/** The oldest that are final go first. */
const bounded = (operations: Map<string, LiveOperation>): Map<string, LiveOperation> => {
  for (const [id, operation] of operations) {
    if (operations.size <= operationsKept) break;
    if (isFinal(operation)) operations.delete(id);
  }
  return operations;
};

type Page<Item> = {
  eventCursor: string;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  edges: readonly { node: Item }[];
};

const byId = <Item extends { id: string }>(items: readonly Item[]): Map<string, Item> =>
  new Map(items.map((item) => [item.id, item]));

/** All pages; the first one's cursor: what changed while the others were read comes again as an event. */
const readAll = async <Item extends { id: string }>(
  read: (after: string | null) => Promise<Page<Item>>,
): Promise<{ items: Map<string, Item>; cursor: string }> => {
  const items = new Map<string, Item>();
  const first = await read(null);
  for (let page = first; ; page = await read(page.pageInfo.endCursor)) {
    for (const { node } of page.edges) items.set(node.id, node);
    if (!page.pageInfo.hasNextPage) return { items, cursor: first.eventCursor };
  }
};

/** @returns what ends it. */
export const follow = ({ store, ask, socket }: { store: Store; ask: Ask; socket: Socket }): (() => void) => {
  let ends: (() => void)[] = [];
  let isEnded = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const fail = (errors: unknown): void => {
    const codes = Array.isArray(errors) ? errors.map((each) => each?.extensions?.code) : [];
    if (codes.includes('CURSOR_TOO_OLD')) startAnew();
    // What the key may not follow is not shown either.
    else if (!codes.includes('FORBIDDEN')) console.error('a subscription ended', errors);
  };

  /** The client sends the payload anew after each break: its cursor moves along with what came. */
  const events = <Data extends object, Event extends { cursor: string }>(
    document: TypedDocument<Data, { after: string | null | undefined }>,
    after: string,
    take: (event: Event) => void,
  ): void => {
    const variables = { after };
    const end = socket.subscribe<Data>(
      { query: document.toString(), variables },
      {
        // A refused cursor is told as a result without data, whatever is wrong with the document as an error.
        next: ({ data, errors }) => {
          if (errors) fail(errors);
          const [event] = Object.values(data ?? {}) as (Event | undefined)[];
          if (!event) return;
          variables.after = event.cursor;
          take(event);
        },
        error: fail,
        complete: () => undefined,
      },
    );
    ends.push(end);
  };

  /** Counts that a cluster tells go with its nodes: read again, at most one at a time. */
  let isReading = false;
  let isOld = false;
  const readClusters = async (): Promise<void> => {
    isOld = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isOld && !isEnded) {
        isOld = false;
        const { clusters } = await ask(ClustersDocument, {});
        store.change((live) => ({
          ...live,
          clusters: byId(clusters),
          ticks: ticked(live, 'cluster'),
        }));
      }
    } catch (error) {
      // The link's state tells that the server is away; the next event asks again.
      if (!(error instanceof RequestError)) throw error;
    } finally {
      isReading = false;
    }
  };

  const hint = (
    document: TypedDocument<object, { after: string | null | undefined }>,
    after: string,
    topic: Topic,
  ): void => events(document, after, () => store.change((live) => ({ ...live, ticks: ticked(live, topic) })));

  const subscribe = (cursors: { all: string; nodes: string; hosts: string }): void => {
    type NodeEvent = { cursor: string; at: string; kind: string; changes: Changes; node: LiveNode };
    events(NodeChangedDocument, cursors.nodes, ({ node, kind, ...event }: NodeEvent) => {
      store.change((live) => ({
        ...live,
        nodes: replaced(live.nodes, node.id, kind === 'REMOVED' ? null : node),
        activity: withActivity(live, { ...event, kind, topic: 'node', id: node.id, name: node.hostname }),
        ticks: ticked(live, 'node'),
      }));
      void readClusters();
    });
    type HostEvent = {
      cursor: string;
      at: string;
      kind: string;
      changes: Changes;
      hostId: string;
      host: LiveHost | null;
    };
    events(HostChangedDocument, cursors.hosts, ({ host, hostId, ...event }: HostEvent) =>
      store.change((live) => ({
        ...live,
        hosts: replaced(live.hosts, hostId, host),
        activity: withActivity(live, {
          ...event,
          topic: 'host',
          id: hostId,
          name: host?.name ?? live.hosts.get(hostId)?.name ?? hostId,
        }),
        ticks: ticked(live, 'host'),
      })),
    );
    type ClusterEvent = {
      cursor: string;
      at: string;
      kind: string;
      changes: Changes;
      clusterId: string;
      cluster: LiveCluster | null;
    };
    events(ClusterChangedDocument, cursors.all, ({ cluster, clusterId, ...event }: ClusterEvent) => {
      store.change((live) => ({
        ...live,
        clusters: replaced(live.clusters, clusterId, cluster),
        activity: withActivity(live, {
          ...event,
          topic: 'cluster',
          id: clusterId,
          name: cluster?.name ?? live.clusters.get(clusterId)?.name ?? clusterId,
        }),
        ticks: ticked(live, 'cluster'),
      }));
    });
    type OperationEvent = { cursor: string; operation: LiveOperation };
    events(OperationChangedDocument, cursors.all, ({ operation }: OperationEvent) =>
      store.change((live) => ({
        ...live,
        operations: bounded(replaced(live.operations, operation.id, operation)),
        ticks: ticked(live, 'operation'),
      })),
    );
    hint(ServiceChangedDocument, cursors.all, 'service');
    hint(NetworkChangedDocument, cursors.all, 'network');
    hint(SecretChangedDocument, cursors.all, 'secret');
    hint(ConfigChangedDocument, cursors.all, 'config');
    hint(DriftChangedDocument, cursors.all, 'drift');
    hint(AuditRecordedDocument, cursors.all, 'audit');
  };

  /** Too much was missed. Each subscription is told so, and all of it is read once. */
  let isStarting = false;
  function startAnew(): void {
    if (!isStarting) void start();
  }

  async function start(): Promise<void> {
    isStarting = true;
    for (const end of ends) end();
    ends = [];
    clearTimeout(retry);
    try {
      const { eventCursor: all } = await ask(EventCursorDocument, {});
      const [nodes, hosts, { clusters }, { operations }] = await Promise.all([
        readAll(async (after) => (await ask(NodesDocument, { after })).nodes),
        readAll(async (after) => (await ask(HostsDocument, { after })).hosts),
        ask(ClustersDocument, {}),
        ask(OpenOperationsDocument, {}),
      ]);
      if (isEnded) return;
      store.change((live) => ({
        ...live,
        nodes: nodes.items,
        hosts: hosts.items,
        clusters: byId(clusters),
        operations: byId(operations.edges.map(({ node }) => node)),
        ticks: ticked(live, ...(Object.keys(live.ticks) as Topic[])),
        isLoaded: true,
        failure: null,
      }));
      isStarting = false;
      subscribe({ all, nodes: nodes.cursor, hosts: hosts.cursor });
    } catch (error) {
      if (isEnded) return;
      if (!(error instanceof RequestError)) throw error;
      store.change((live) => ({ ...live, failure: error.message }));
      retry = setTimeout(() => void start(), 2_000);
    }
  }
  void start();

  return () => {
    isEnded = true;
    clearTimeout(retry);
    for (const end of ends) end();
  };
};
