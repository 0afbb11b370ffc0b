// What can be done with services that are there.
import {
  RemoveServiceDocument,
  RollbackServiceDocument,
  ScaleServiceDocument,
  UpdateServiceDocument,
} from '../../generated/documents.ts';
import { type Act, createAct } from '../acting/act.ts';
import type { Ask } from '../live/transport.ts';
import { plural } from '../parts/words.ts';
import type { ServiceSeen } from './progress.ts';

export type ServiceActName = 'scale' | 'image' | 'force' | 'rollBack' | 'remove';

export const serviceActNames: readonly ServiceActName[] = ['scale', 'image', 'force', 'rollBack', 'remove'];

export const serviceActTitles: Record<ServiceActName, string> = {
  scale: 'Scale',
  image: 'Change image',
  force: 'Force update',
  rollBack: 'Roll back',
  remove: 'Remove',
};

/** Why the act cannot be asked for at all; null: the server is to say. */
export const whyNotAsked = (name: ServiceActName, services: readonly ServiceSeen[]): string | null => {
  if (name === 'scale') {
    const others = services.filter(({ mode }) => mode !== 'REPLICATED');
    return others.length === 0
      ? null
      : `Not replicated: ${others.map((service) => service.name).join(', ')}. The nodes say how many run`;
  }
  if (services.length > 1) return 'One service at a time';
  if (name === 'rollBack' && services[0]?.canRollBack === false) return 'There is no spec before this one';
  return null;
};

/** The act with what its dialog asks. The server judges: by a dry run before, and again when it is done. */
export const serviceAct = (
  name: ServiceActName,
  {
    ask,
    services,
    replicas,
    image,
  }: { ask: Ask; services: readonly ServiceSeen[]; replicas: ReadonlyMap<string, number>; image: string },
): Act => {
  const [first] = services;
  const input = { cluster: first?.clusterId ?? '', service: first?.id ?? '' };
  const subject = first && services.length === 1 ? first.name : plural(services.length, 'service');
  const about = { title: serviceActTitles[name], subject, permission: 'service:write' };
  switch (name) {
    case 'scale':
      return createAct(
        ask,
        ScaleServiceDocument,
        {
          cluster: input.cluster,
          services: services.map(({ id, replicas: now }) => ({
            service: id,
            replicas: replicas.get(id) ?? now ?? 1,
          })),
        },
        { ...about, meaning: 'The managers start or stop tasks until so many run.' },
      );
    case 'image':
      return createAct(
        ask,
        UpdateServiceDocument,
        { ...input, image },
        {
          ...about,
          meaning:
            'Its tasks are replaced as its update policy says. The image is taken as it is written, and nodes pull it without credentials.',
        },
      );
    case 'force':
      return createAct(
        ask,
        UpdateServiceDocument,
        { ...input, forceUpdate: true },
        {
          ...about,
          meaning: 'Its tasks are made anew as its update policy says, though nothing else changes.',
        },
      );
    case 'rollBack':
      return createAct(ask, RollbackServiceDocument, input, {
        ...about,
        meaning: 'It goes back to its spec before the present one. Docker keeps one.',
      });
    case 'remove':
      return createAct(ask, RemoveServiceDocument, input, {
        ...about,
        meaning: 'The service ends with all its tasks. Volumes, networks, secrets and configs stay.',
        confirm: first?.name ?? null,
      });
  }
};
