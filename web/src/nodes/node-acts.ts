// What can be done with nodes: one list for the menu of one node, of many, and for the node's page.
import {
  DecommissionNodesDocument,
  DemoteNodesDocument,
  DrainNodesDocument,
  LeaveSwarmDocument,
  PromoteNodesDocument,
  RemoveNodesDocument,
  SetNodeAvailabilityDocument,
} from '../../generated/documents.ts';
import { type Act, createAct } from '../acting/act.ts';
import type { LiveHost, LiveNode } from '../live/store.ts';
import type { Ask } from '../live/transport.ts';
import { plural } from '../parts/words.ts';

export type NodeActName =
  | 'promote'
  | 'demote'
  | 'activate'
  | 'pause'
  | 'drain'
  | 'leave'
  | 'remove'
  | 'decommission';

export type NodeActOptions = { deadlineSeconds?: number; parallel?: boolean; force?: boolean };

export const nodeActNames: readonly NodeActName[] = [
  'promote',
  'demote',
  'activate',
  'pause',
  'drain',
  'leave',
  'remove',
  'decommission',
];

export const subjectOf = (nodes: readonly LiveNode[]): string => {
  const [first] = nodes;
  return first && nodes.length === 1 ? first.hostname : plural(nodes.length, 'node');
};

/** Of each: what the menu says, and what permission it takes. */
export const nodeActTitles: Record<NodeActName, { title: string; permission: string }> = {
  promote: { title: 'Promote', permission: 'node:promote' },
  demote: { title: 'Demote', permission: 'node:demote' },
  activate: { title: 'Activate', permission: 'node:availability' },
  pause: { title: 'Pause', permission: 'node:availability' },
  drain: { title: 'Drain', permission: 'node:availability' },
  leave: { title: 'Leave the swarm', permission: 'host:leave' },
  remove: { title: 'Remove', permission: 'node:remove' },
  decommission: { title: 'Decommission', permission: 'node:remove' },
};

export const isDestructive = (name: NodeActName): boolean =>
  name === 'leave' || name === 'remove' || name === 'decommission';

/** Why the act cannot be asked for at all; null: the server is to say. */
export const whyNotAsked = (
  name: NodeActName,
  nodes: readonly LiveNode[],
  hostOf: (node: LiveNode) => LiveHost | undefined,
): string | null => {
  if (new Set(nodes.map((node) => node.cluster.id)).size > 1) return 'The nodes are of several clusters';
  const without = nodes.filter((node) => !hostOf(node));
  if (name === 'leave' && without.length > 0)
    return `No agent on ${without.map(({ hostname }) => hostname).join(', ')}: nobody can tell the engine to leave`;
  return null;
};

/** The act with all it asks for. The server judges: by a dry run before, and again when it is done. */
export const nodeAct = (
  name: NodeActName,
  {
    ask,
    nodes,
    hostOf,
    options,
  }: {
    ask: Ask;
    nodes: readonly LiveNode[];
    hostOf: (node: LiveNode) => LiveHost | undefined;
    options: NodeActOptions;
  },
): Act => {
  const input = { nodes: nodes.map(({ id }) => id), cluster: nodes[0]?.cluster.id ?? null };
  const { deadlineSeconds = null, parallel = null, force = null } = options;
  const subject = subjectOf(nodes);
  const about = { ...nodeActTitles[name], subject };
  // Many at once are counted, for nobody types forty names.
  const confirm = nodes.length === 1 ? (nodes[0]?.hostname ?? null) : subject;
  switch (name) {
    case 'promote':
      return createAct(ask, PromoteNodesDocument, input, {
        ...about,
        meaning: 'It becomes a manager: it votes, and keeps the state of the swarm with its secrets.',
      });
    case 'demote':
      return createAct(ask, DemoteNodesDocument, input, {
        ...about,
        meaning: 'It becomes a worker: one vote less for the quorum.',
      });
    case 'activate':
      return createAct(
        ask,
        SetNodeAvailabilityDocument,
        { ...input, availability: 'ACTIVE' as const },
        {
          ...about,
          meaning: 'It takes tasks again. Tasks that run elsewhere are not moved back.',
        },
      );
    case 'pause':
      return createAct(
        ask,
        SetNodeAvailabilityDocument,
        { ...input, availability: 'PAUSE' as const },
        {
          ...about,
          meaning: 'It takes no new tasks; those that it has run on.',
        },
      );
    case 'drain':
      return createAct(
        ask,
        DrainNodesDocument,
        { ...input, deadlineSeconds, parallel },
        {
          ...about,
          meaning:
            'It takes no tasks, and those that it has are moved. It stays in drain until it is activated.',
        },
      );
    case 'leave':
      return createAct(
        ask,
        LeaveSwarmDocument,
        { hosts: nodes.flatMap((node) => hostOf(node)?.id ?? []) },
        {
          ...about,
          meaning: 'Its engine leaves the swarm; a manager is demoted first. The node stays listed as Down.',
          confirm,
        },
      );
    case 'remove':
      return createAct(
        ask,
        RemoveNodesDocument,
        { ...input, force },
        {
          ...about,
          meaning: 'The swarm forgets the node. With force also while it is Ready.',
          confirm,
        },
      );
    case 'decommission':
      return createAct(
        ask,
        DecommissionNodesDocument,
        { ...input, deadlineSeconds, force },
        {
          ...about,
          meaning: 'Drained, demoted, left and removed, in that order, with the steps that fit.',
          confirm,
        },
      );
  }
};
