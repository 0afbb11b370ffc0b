// Secrets and configs differ in words, permissions and documents; the pages are one.
import {
  type ConfigPartsFragment,
  CreateConfigDocument,
  CreateSecretDocument,
  RemoveConfigDocument,
  RemoveSecretDocument,
  RotateConfigDocument,
  RotateSecretDocument,
  type SecretPartsFragment,
} from '../../generated/documents.ts';
import { type Act, createAct } from '../acting/act.ts';
import type { Ask } from '../live/transport.ts';
import { createValueAct, type Given } from './value-act.ts';

export type Kind = 'secret' | 'config';
export type Kept = SecretPartsFragment | ConfigPartsFragment;

type Fresh = { cluster: string; name: string; labels: { key: string; value: string }[] };
type Rotation = { name: string | null; services: string[] | null; removeOld: boolean };

export const kinds = {
  secret: { many: 'Secrets', permission: 'secret:write', mostBytes: 511_999 },
  config: { many: 'Configs', permission: 'config:write', mostBytes: 1_023_999 },
} as const;

export const createKept = (ask: Ask, kind: Kind, input: Fresh, given: Given, onSent: () => void): Act => {
  const about = {
    title: `Create ${kind}`,
    subject: input.name || 'a new one',
    meaning: `A ${kind} is never changed: a new value is a new version, by Rotate.`,
    permission: kinds[kind].permission,
  };
  return kind === 'secret'
    ? createValueAct(ask, CreateSecretDocument, input, given, onSent, about)
    : createValueAct(ask, CreateConfigDocument, input, given, onSent, about);
};

export const rotateKept = (
  ask: Ask,
  kind: Kind,
  { id, name, cluster }: Kept,
  rotation: Rotation,
  given: Given,
  onSent: () => void,
): Act => {
  const about = {
    title: 'Rotate',
    subject: name,
    meaning:
      'A new version is made under another name, and the services are moved over to it, one after the other. They find it in the same file. It stops at the first that does not get there.',
    permission: kinds[kind].permission,
  };
  return kind === 'secret'
    ? createValueAct(
        ask,
        RotateSecretDocument,
        { cluster: cluster.id, secret: id, ...rotation },
        given,
        onSent,
        about,
      )
    : createValueAct(
        ask,
        RotateConfigDocument,
        { cluster: cluster.id, config: id, ...rotation },
        given,
        onSent,
        about,
      );
};

export const removeKept = (ask: Ask, kind: Kind, { id, name, cluster }: Kept): Act => {
  const about = {
    title: 'Remove',
    subject: name,
    meaning: `The swarm forgets the ${kind} and its value. Nobody can read it from there again.`,
    permission: kinds[kind].permission,
    confirm: name,
  };
  return kind === 'secret'
    ? createAct(ask, RemoveSecretDocument, { cluster: cluster.id, secret: id }, about)
    : createAct(ask, RemoveConfigDocument, { cluster: cluster.id, config: id }, about);
};
