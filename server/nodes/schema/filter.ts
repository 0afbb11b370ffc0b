// The filter and the order of nodes.
import { NodeRoleEnum } from '../../clusters/schema/enums.ts';
import { builder } from '../../graphql/builder.ts';
import type { nodeOrderFields } from '../list.ts';
import { AvailabilityEnum, NodeStateEnum, ReachabilityEnum } from './enums.ts';

const LabelFilter = builder.inputType('LabelFilter', {
  fields: (t) => ({ key: t.string({ required: true }), value: t.string({ description: 'Null: any.' }) }),
});
export const NodeFilterInput = builder.inputType('NodeFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    clusters: t.idList(),
    ids: t.idList(),
    text: t.string({ description: 'Part of hostname, id or address; case does not count.' }),
    role: t.field({ type: [NodeRoleEnum] }),
    availability: t.field({ type: [AvailabilityEnum] }),
    state: t.field({ type: [NodeStateEnum] }),
    reachability: t.field({ type: [ReachabilityEnum], description: 'Of managers; workers have none.' }),
    labels: t.field({ type: [LabelFilter], description: 'Node labels; all must be there.' }),
  }),
});
export const NodeOrderInput = builder.inputType('NodeOrder', {
  fields: (t) => ({
    field: t.field({
      type: builder.enumType('NodeOrderField', {
        values: [
          'HOSTNAME',
          'ID',
          'ROLE',
          'STATE',
          'AVAILABILITY',
          'ENGINE_VERSION',
          'JOINED_AT',
        ] as const satisfies readonly (keyof typeof nodeOrderFields)[],
      }),
      required: true,
    }),
    direction: t.field({
      type: builder.enumType('Direction', { values: ['ASC', 'DESC'] as const }),
      required: true,
    }),
  }),
});
