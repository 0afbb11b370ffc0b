// Declared services against those of the swarm: only what the document says, all else is left alone.
import { isDeepStrictEqual } from 'node:util';
import type { Network } from '../networks/network.ts';
import type { Service } from '../services/swarm-service.ts';
import type { ServiceEntry } from './document.ts';
import type { Difference } from './fleet-plan.ts';
import { type Compared, comparedParts } from './service-parts.ts';

export type ServiceWork = { entry: ServiceEntry; service: Service | null; differences: Difference[] };

const partsThatDiffer = (
  { wanted }: ServiceEntry,
  service: Service,
  networks: readonly Network[],
): Compared[] => {
  const { mode, ...parts } = wanted;
  return [
    ...(mode === null ? [] : [{ path: 'mode', declared: mode, actual: service.mode }]),
    ...comparedParts(parts, service, networks),
  ].filter(({ declared, actual }) => !isDeepStrictEqual(declared, actual));
};

/** Docker makes a service replicated or global once and for all, and a global one has no replicas. */
const isChangeable = (path: string, service: Service): boolean =>
  path !== 'mode' && (path !== 'replicas' || service.mode === 'REPLICATED');

export const compareServices = (
  entries: readonly ServiceEntry[],
  services: readonly Service[],
  networks: readonly Network[],
): ServiceWork[] =>
  entries.map((entry) => {
    const { name, input } = entry;
    const service = services.find((each) => each.name === name) ?? null;
    const one = { kind: 'SERVICE' as const, id: service?.id ?? null, name };
    const differences: Difference[] = service
      ? partsThatDiffer(entry, service, networks).map((each) => ({
          ...one,
          ...each,
          changeable: isChangeable(each.path, service),
        }))
      : [{ ...one, path: '', declared: input, actual: null, changeable: true }];
    return { entry, service, differences };
  });
