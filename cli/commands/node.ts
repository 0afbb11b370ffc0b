// `skep node`: in Docker's words.
import type { Command } from 'commander';
import { act, inTurn } from '../act.ts';
import { group, leaf, manyParsed, parsed, plain, repeated, type Setting } from '../command.ts';
import { misuse } from '../complaint.ts';
import { chosenCluster, namedHost, namedNodes, nodeRefs, noNode } from '../find.ts';
import {
  type Availability,
  DemoteNodesDocument,
  NodeInFullDocument,
  type NodeRole,
  NodesDocument,
  type NodesQuery,
  NodeTasksDocument,
  PromoteNodesDocument,
  RemoveNodesDocument,
  SetNodeAvailabilityDocument,
  UpdateNodeLabelsDocument,
} from '../generated/documents.ts';
import { dockerNode, prettyNode } from '../node-shape.ts';
import { allOf } from '../pages.ts';
import { type Column, capitalised, printList } from '../print.ts';
import { isWarned } from '../report.ts';
import type { Session } from '../session.ts';
import { taskColumns } from '../tasks.ts';
import { parseLabel, parseWord } from '../values.ts';

type NodeRow = NodesQuery['nodes']['edges'][number]['node'];

const managerStatus = ({ managerStatus: status }: NodeRow): string =>
  status === null ? '' : status.leader ? 'Leader' : capitalised(status.reachability);

const list = async (session: Session): Promise<NodeRow[]> => {
  const cluster = await chosenCluster(session);
  const clusters = cluster === undefined ? undefined : [cluster];
  return allOf(async (after) => (await session.ask(NodesDocument, { filter: { clusters }, after })).nodes);
};

export const addNode = (setting: Setting, program: Command): void => {
  const node = group(program, 'node', 'Manage the nodes of a swarm');

  leaf<{ filter?: string[] }>(
    setting,
    node,
    'ls',
    {
      summary: 'List nodes',
      aliases: ['list'],
      examples: ['node ls', 'node ls --format json', 'node ls -q'],
    },
    (command) =>
      command.addOption(
        repeated(
          '-f, --filter <filter>',
          'role=manager, membership of a label=key[=value], name=text, id=id',
        ),
      ),
    async (session, _, { filter = [] }) => {
      const nodes = (await list(session)).filter((one) => filter.every((each) => fits(one, each)));
      const host = await namedHost(session);
      const isSelf = (one: NodeRow): boolean =>
        host ? one.id === host.node?.id : one.managerStatus?.leader === true;
      const several = new Set(nodes.map((one) => one.cluster.id)).size > 1;
      const stale = new Set(nodes.filter((one) => one.stale).map((one) => one.cluster.name));
      if (stale.size > 0) session.err(`Warning: as last seen; ${[...stale].join(', ')} cannot be read now`);
      const columns: Column<NodeRow>[] = [
        ['ID', (one) => `${one.id} ${isSelf(one) ? '*' : ' '}`],
        ['HOSTNAME', (one) => one.hostname],
        ['STATUS', (one) => capitalised(one.status.state)],
        ['AVAILABILITY', (one) => capitalised(one.availability)],
        ['MANAGER STATUS', managerStatus],
        ['ENGINE VERSION', (one) => one.engineVersion],
      ];
      if (several) columns.push(['CLUSTER', (one) => one.cluster.name]);
      printList(session, nodes, columns, (one) => one.id);
      return 'succeeded';
    },
  );

  leaf<{ pretty?: boolean; format?: string }>(
    setting,
    node,
    'inspect <node...>',
    {
      summary: 'Show nodes in full; self is the node of --on, or the leader',
      examples: ['node inspect self --pretty', 'node inspect cloud02 --format json'],
    },
    (command) => command.option('--pretty', 'for people, as Docker prints it'),
    async (session, names, { pretty, format }) => {
      const cluster = await chosenCluster(session);
      const refs = await nodeRefs(session, names);
      const found = await Promise.all(
        refs.map(async (ref, at) => {
          const { node: one } = await session.ask(NodeInFullDocument, { ref, cluster });
          if (!one) throw noNode(names[at] ?? ref, cluster);
          return one;
        }),
      );
      if (pretty || format === 'pretty') session.out(found.map(prettyNode).join('\n\n'));
      else session.out(JSON.stringify(found.map(dockerNode), null, 4));
      return 'succeeded';
    },
  );

  leaf(
    setting,
    node,
    'promote <node...>',
    {
      summary: 'Make managers of nodes',
      acts: true,
      examples: ['node promote cloud02 cloud03', "node promote cloud02 --reason 'one manager more'"],
    },
    plain,
    async (session, names, options) =>
      act(session, PromoteNodesDocument, await namedNodes(session, names), options, (operation) =>
        operation.targets.map(({ name, id }) =>
          isWarned(operation, 'ALREADY_MANAGER', id)
            ? `Node ${name} is already a manager.`
            : `Node ${name} promoted to a manager in the swarm.`,
        ),
      ),
  );

  leaf(
    setting,
    node,
    'demote <node...>',
    {
      summary: 'Make workers of managers',
      acts: true,
      examples: [
        'node demote cloud02 --dry-run',
        "node demote cloud02 cloud03 --override no-fault-tolerance --reason 'one manager is enough'",
      ],
    },
    plain,
    async (session, names, options) =>
      act(session, DemoteNodesDocument, await namedNodes(session, names), options, (operation) =>
        operation.targets.map(({ name, id }) =>
          isWarned(operation, 'ALREADY_WORKER', id)
            ? `Node ${name} is already a worker.`
            : `Manager ${name} demoted in the swarm.`,
        ),
      ),
  );

  leaf<{
    availability?: Availability;
    labelAdd?: { key: string; value: string }[];
    labelRm?: string[];
    role?: NodeRole;
  }>(
    setting,
    node,
    'update <node...>',
    {
      summary: 'Change availability, labels or role of nodes',
      acts: true,
      examples: [
        'node update --availability Drain cloud02',
        'node update --label-add ssd --label-add zone=b cloud01',
      ],
    },
    (command) =>
      command
        .addOption(
          parsed('--availability <word>', 'active, pause or drain', parseWord('ACTIVE', 'PAUSE', 'DRAIN')),
        )
        .addOption(manyParsed('--label-add <key[=value]>', 'add or change a label', parseLabel))
        .addOption(repeated('--label-rm <key>', 'take a label away'))
        .addOption(parsed('--role <role>', 'worker or manager', parseWord('WORKER', 'MANAGER'))),
    async (session, names, options) => {
      const { availability, labelAdd, labelRm, role } = options;
      if (!availability && !labelAdd && !labelRm && !role)
        throw misuse('nothing is to be changed', 'give --availability, --label-add, --label-rm or --role');
      const input = await namedNodes(session, names);
      const acts = [];
      if (labelAdd || labelRm)
        acts.push(() =>
          act(session, UpdateNodeLabelsDocument, { ...input, set: labelAdd, remove: labelRm }, options),
        );
      if (availability)
        acts.push(() => act(session, SetNodeAvailabilityDocument, { ...input, availability }, options));
      if (role === 'MANAGER') acts.push(() => act(session, PromoteNodesDocument, input, options));
      if (role === 'WORKER') acts.push(() => act(session, DemoteNodesDocument, input, options));
      const ending = await inTurn(session, options, acts);
      if (ending === 'succeeded' && !options.dryRun && session.format === 'table')
        for (const name of names) session.out(name);
      return ending;
    },
  );

  leaf<{ force?: boolean }>(
    setting,
    node,
    'rm <node...>',
    {
      summary: 'Take nodes out of the list of a swarm',
      acts: true,
      aliases: ['remove'],
      examples: ['node rm cloud02', 'node rm --force cloud02'],
    },
    (command) => command.option('-f, --force', 'also when it is Ready'),
    async (session, names, options) =>
      act(
        session,
        RemoveNodesDocument,
        { ...(await namedNodes(session, names)), force: options.force },
        options,
        () => names,
      ),
  );

  leaf<{ filter?: string[] }>(
    setting,
    node,
    'ps [node...]',
    {
      summary: 'List the tasks of nodes; default: self',
      examples: ['node ps', 'node ps cloud02 cloud03'],
    },
    plain,
    async (session, names) => {
      const cluster = await chosenCluster(session);
      const refs = await nodeRefs(
        session,
        names.filter(Boolean).length > 0 ? names.filter(Boolean) : ['self'],
      );
      const tasks = [];
      const clusters = new Set<string>();
      for (const ref of refs) {
        const { node: one } = await session.ask(NodeTasksDocument, { ref, cluster });
        if (!one) throw noNode(ref, cluster);
        tasks.push(...(one.tasks ?? []));
        if (one.tasks?.length) clusters.add(one.cluster.id);
      }
      printList(session, tasks, await taskColumns(session, [...clusters]), ({ id }) => id);
      return 'succeeded';
    },
  );
};

const fits = (node: NodeRow, filter: string): boolean => {
  const { key: what, value } = parseLabel(filter);
  switch (what) {
    case 'role':
      return node.role === value.toUpperCase();
    case 'name':
      return node.hostname.startsWith(value);
    case 'id':
      return node.id.startsWith(value);
    case 'node.label':
    case 'label': {
      const wanted = parseLabel(value);
      return node.labels.some(
        (label) => label.key === wanted.key && (!value.includes('=') || label.value === wanted.value),
      );
    }
    default:
      throw misuse(`--filter ${filter}: there are role, name, id and label`);
  }
};
