// What an operation means in numbers.
import { builder } from '../../graphql/builder.ts';
import type { Impact } from '../operation.ts';

const nullableInt = { nullable: true } as const;
export const ImpactRef = builder.objectRef<Impact>('Impact').implement({
  description: 'What it means in numbers; null where it does not apply.',
  fields: (t) => ({
    managersBefore: t.exposeInt('managersBefore', nullableInt),
    managersAfter: t.exposeInt('managersAfter', nullableInt),
    reachableAfter: t.exposeInt('reachableAfter', nullableInt),
    toleratesBefore: t.exposeInt('toleratesBefore', {
      nullable: true,
      description: 'How many managers can be lost now.',
    }),
    toleratesAfter: t.exposeInt('toleratesAfter', {
      nullable: true,
      description: 'How many can be lost afterwards.',
    }),
    tasksMoving: t.exposeInt('tasksMoving', {
      nullable: true,
      description:
        'Running tasks of replicated services and jobs on the nodes. Those of global services end.',
    }),
    servicesWithGap: t.stringList({
      nullable: true,
      description:
        'Names of services all of whose running tasks stand on the nodes: they pause, for a new task starts only when the old one has stopped.',
      resolve: ({ servicesWithGap }) => servicesWithGap,
    }),
    unplaceable: t.stringList({
      nullable: true,
      description:
        'Names of services of which the other Ready and ACTIVE nodes take fewer tasks than have to move. Evaluated: constraints (`==`, `!=`) on node.id, node.hostname, node.role, node.labels, engine.labels, node.platform.os and node.platform.arch; platforms; replicas a node; reservations of CPU and memory; each service by itself. Not evaluated, and taken as met: node.ip, plugins, generic resources, ports in host mode.',
      resolve: ({ unplaceable }) => unplaceable,
    }),
    standaloneContainers: t.exposeInt('standaloneContainers', {
      nullable: true,
      description:
        'Running containers of no service on the nodes’ hosts, which stay there; null where a node has no agent that tells.',
    }),
  }),
});
