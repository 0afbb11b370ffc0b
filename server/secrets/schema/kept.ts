// A secret and a config: all that is told of them.
import { ClusterRef } from '../../clusters/schema/cluster.ts';
import { builder } from '../../graphql/builder.ts';
import { LabelRef, labelsOf } from '../../nodes/schema/node.ts';
import { Failure } from '../../platform/failure.ts';
import { type Kept, rotationLabel, type UsingService, usersOf } from '../kept.ts';

/** With what was read beside it, so that who uses it is told of the same moment. */
export type KeptView = { id: string; clusterId: string; kept: Kept; services: readonly UsingService[] };

const UserRef = builder.objectRef<{ service: UsingService; keptId: string }>('KeptUser').implement({
  description: 'A service that uses a secret or a config.',
  fields: (t) => ({
    id: t.id({ resolve: ({ service }) => service.id }),
    name: t.string({ resolve: ({ service }) => service.name }),
    files: t.stringList({
      description: 'Where its containers have it: of a secret a name below /run/secrets, or a path.',
      resolve: ({ service, keptId }) =>
        service.uses.flatMap(({ id, file }) => (id === keptId && file !== null ? [file] : [])),
    }),
  }),
});

const typeOf = (name: 'Secret' | 'Config', description: string) =>
  builder.objectRef<KeptView>(name).implement({
    description,
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.string({ resolve: ({ kept }) => kept.name }),
      cluster: t.field({
        type: ClusterRef,
        resolve: ({ clusterId }, _, { clusters }) => {
          const cluster = clusters.find(clusterId);
          if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
          return cluster;
        },
      }),
      labels: t.field({ type: [LabelRef], resolve: ({ kept }) => labelsOf(kept.labels) }),
      rotationOf: t.string({
        nullable: true,
        description:
          'The name of the one whose new version it is, where Skep rotated it: its label skep.rotation-of.',
        resolve: ({ kept }) => kept.labels[rotationLabel] ?? null,
      }),
      createdAt: t.field({ type: 'DateTime', resolve: ({ kept }) => new Date(kept.createdAt) }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'Of its labels: a value is never changed.',
        resolve: ({ kept }) => new Date(kept.updatedAt),
      }),
      version: t.int({ description: 'Docker’s Version.Index.', resolve: ({ kept }) => kept.version }),
      services: t.field({
        type: [UserRef],
        description: 'Those that use it, by name.',
        resolve: ({ id, services }) => usersOf(services, id).map((service) => ({ service, keptId: id })),
      }),
    }),
  });

const counted = { description: 'Of all that match.' };
const countOf = (page: unknown): number => (page as { totalCount: number }).totalCount;

export const SecretRef = typeOf('Secret', 'A swarm secret. Its value never comes back, to nobody.');
export const SecretConnection = builder.connectionObject({
  type: SecretRef,
  name: 'SecretConnection',
  fields: (t) => ({ totalCount: t.int({ ...counted, resolve: countOf }) }),
});
export const ConfigRef = typeOf(
  'Config',
  'A swarm config. Its value never comes back from Skep, though Docker tells it: many have passwords in them.',
);
export const ConfigConnection = builder.connectionObject({
  type: ConfigRef,
  name: 'ConfigConnection',
  fields: (t) => ({ totalCount: t.int({ ...counted, resolve: countOf }) }),
});
