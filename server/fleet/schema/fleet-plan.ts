// A plan of a fleet document, with its differences and steps.
import { builder } from '../../graphql/builder.ts';
import type { Difference, FleetPlan, Step, Undeclared } from '../fleet-plan.ts';
import { FleetKindEnum } from './enums.ts';

export const FleetDifferenceRef = builder.objectRef<Difference>('FleetDifference').implement({
  description: 'One thing that is not as a fleet document says.',
  fields: (t) => ({
    kind: t.field({ type: FleetKindEnum, resolve: ({ kind }) => kind }),
    id: t.exposeID('id', { nullable: true, description: 'Null: it is not there yet.' }),
    name: t.exposeString('name', { description: 'Of a node: of its host.' }),
    path: t.exposeString('path', {
      description: '`role`, `labels.zone`, `image` …; empty: the whole, which is not there.',
    }),
    declared: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the document says; null: it is not to be there.',
      resolve: ({ declared }) => declared,
    }),
    actual: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'What is, in the form of what is declared: lists without an order are sorted, names stand for ids. Null: it is not there.',
      resolve: ({ actual }) => actual,
    }),
    changeable: t.exposeBoolean('changeable', {
      description:
        'False: no step takes it away, since Docker changes it in nothing that is there: a network, the mode of a service. Remove it, and it is made anew.',
    }),
  }),
});

const FleetStepRef = builder.objectRef<Step & { position: number }>('FleetStep').implement({
  description: 'One mutation of a plan, with the differences that it takes away.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'From 1, in the order of acting.' }),
    key: t.exposeString('key', {
      description: 'The same in every plan of a document: `join-managers`, `labels:alpha`, `service:web` …',
    }),
    mutation: t.exposeString('mutation', { description: 'Its permission is needed, and its guards judge.' }),
    permission: t.exposeString('permission', { description: 'The permission that the mutation needs.' }),
    kind: t.field({ type: FleetKindEnum, resolve: ({ kind }) => kind }),
    name: t.exposeString('name', { description: 'Of what is changed; of several, their names.' }),
    differences: t.field({ type: [FleetDifferenceRef], resolve: ({ differences }) => differences }),
  }),
});

const FleetUndeclaredRef = builder.objectRef<Undeclared>('FleetUndeclared').implement({
  description: 'What is there and is not named by a fleet document: it is left alone.',
  fields: (t) => ({
    kind: t.field({ type: FleetKindEnum, resolve: ({ kind }) => kind }),
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'Of a node: its hostname.' }),
  }),
});

export const FleetPlanRef = builder.objectRef<FleetPlan>('FleetPlan').implement({
  description: 'A fleet document against what is there, read live.',
  fields: (t) => ({
    clusterId: t.exposeID('clusterId', {
      nullable: true,
      description: 'Null: the cluster is not there yet, and a step makes it.',
    }),
    inSync: t.boolean({
      description: 'All is as the document says; what it does not name does not count.',
      resolve: ({ differences }) => differences.length === 0,
    }),
    differences: t.field({
      type: [FleetDifferenceRef],
      description: 'In the order of the document: the cluster, its hosts, networks, services.',
      resolve: ({ differences }) => differences,
    }),
    steps: t.field({
      type: [FleetStepRef],
      description:
        'What would be done, in its order: make the cluster, join managers, join workers, labels, activate nodes, promote, demote, networks, services, pause and drain nodes. None is judged yet.',
      resolve: ({ steps }) => steps.map((step, at) => ({ ...step, position: at + 1 })),
    }),
    undeclared: t.field({
      type: [FleetUndeclaredRef],
      description:
        'Nodes of the cluster, hosts in no swarm, and, where the document speaks of any, networks and services that it does not name.',
      resolve: ({ undeclared }) => undeclared,
    }),
  }),
});
