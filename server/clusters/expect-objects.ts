// What a command to a swarm's services, networks, secrets and configs will be seen to change, and is the operation's own.
import type { Expectation } from '../hosts/commands.ts';
import type { CommandBody } from '../hosts/links.ts';
import { anyValue } from './explain.ts';

/** Beside the paths of nodes and of the swarm: another watcher looks for these (`explain`). */
export const objectPath = (kind: string, part: string): string => `object.${kind}.${part}`;

/** `subject`: an id; of what is made the name, since its id is not known before. `parts`: keys of what people set. */
type Effect = { kind: string; subject: string; parts: readonly string[] };

const isGiven = ([, value]: [string, unknown]): boolean => value !== null;

const effectOf = (body: CommandBody): Effect | null => {
  switch (body.__typename) {
    case 'CreateService':
      return { kind: 'SERVICE', subject: body.serviceName, parts: ['added'] };
    case 'UpdateService': {
      const parts = Object.entries(body.parts).filter(isGiven);
      return {
        kind: 'SERVICE',
        subject: body.service,
        parts: [...parts.map(([part]) => part), ...(body.env === null ? [] : ['env'])],
      };
    }
    case 'RollBackService':
      return { kind: 'SERVICE', subject: body.service, parts: [anyValue] };
    case 'RemoveService':
      return { kind: 'SERVICE', subject: body.service, parts: ['removed'] };
    case 'CreateNetwork':
      return { kind: 'NETWORK', subject: body.name, parts: ['added'] };
    case 'RemoveNetwork':
      return { kind: 'NETWORK', subject: body.network, parts: ['removed'] };
    case 'CreateSecret':
      return { kind: 'SECRET', subject: body.name, parts: ['added'] };
    case 'RemoveSecret':
      return { kind: 'SECRET', subject: body.secret, parts: ['removed'] };
    case 'CreateConfig':
      return { kind: 'CONFIG', subject: body.name, parts: ['added'] };
    case 'RemoveConfig':
      return { kind: 'CONFIG', subject: body.config, parts: ['removed'] };
    default:
      return null;
  }
};

/** Stored with the command, before it is sent. Empty: it changes nothing of these. */
export const expectObjects = (clusterId: string, body: CommandBody): Expectation[] => {
  const effect = effectOf(body);
  if (effect === null) return [];
  const { kind, subject, parts } = effect;
  return parts.map((part) => ({
    clusterId,
    subjectId: subject,
    path: objectPath(kind, part),
    value: anyValue,
  }));
};
