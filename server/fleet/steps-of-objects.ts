// The steps that make networks and services, and change services.
import type { NetworkWork } from './compare-networks.ts';
import type { ServiceWork } from './compare-services.ts';
import type { Step } from './fleet-plan.ts';
import { stages } from './steps-of-nodes.ts';

export const networkSteps = (clusterId: string | null, works: readonly NetworkWork[]): Step[] =>
  works.flatMap(({ entry, network, differences }) =>
    network
      ? []
      : [
          {
            key: `network:${entry.name}`,
            stage: stages.networks,
            mutation: 'createNetwork',
            permission: 'network:write' as const,
            input: { cluster: clusterId, ...entry.input },
            kind: 'NETWORK' as const,
            id: null,
            name: entry.name,
            ready: clusterId !== null,
            differences,
          },
        ],
  );

/** What of the input the differences are about, by its first word: an object is given whole, and Docker keeps the rest. */
const changedInput = ({ entry, differences }: ServiceWork): Record<string, unknown> => {
  const changed = new Set(
    differences.filter(({ changeable }) => changeable).map(({ path }) => path.split('.', 1)[0]),
  );
  return Object.fromEntries(Object.entries(entry.input).filter(([part]) => changed.has(part)));
};

const changeOf = (clusterId: string | null, work: ServiceWork): Pick<Step, 'mutation' | 'input'> => {
  const { entry, service } = work;
  if (!service) return { mutation: 'createService', input: { cluster: clusterId, ...entry.input } };
  const { deadlineSeconds = null } = entry.input;
  const { replicas, ...parts } = changedInput(work);
  if (Object.keys(parts).length === 0)
    return {
      mutation: 'scaleService',
      input: { cluster: clusterId, services: [{ service: service.id, replicas }], deadlineSeconds },
    };
  return {
    mutation: 'updateService',
    input: { cluster: clusterId, service: service.id, ...changedInput(work), deadlineSeconds },
  };
};

export const serviceSteps = (clusterId: string | null, works: readonly ServiceWork[]): Step[] =>
  works.flatMap((work) => {
    const differences = work.differences.filter(({ changeable }) => changeable);
    if (differences.length === 0) return [];
    return [
      {
        key: `service:${work.entry.name}`,
        stage: stages.services,
        ...changeOf(clusterId, work),
        permission: 'service:write' as const,
        kind: 'SERVICE' as const,
        id: work.service?.id ?? null,
        name: work.entry.name,
        ready: clusterId !== null,
        differences,
      },
    ];
  });
