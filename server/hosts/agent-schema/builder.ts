// The builder of the agents' schema: what a field may use, and who may ask.
import SchemaBuilder from '@pothos/core';
import { Failure } from '../../platform/failure.ts';
import type { Branches } from '../branches.ts';
import type { Commands } from '../commands.ts';
import type { Enrolments } from '../enrolments.ts';
import type { Report } from '../host.ts';
import type { Link } from '../links.ts';
import type { AttachClaim } from '../proofs.ts';
import type { ServerIdentity } from '../server-identity.ts';
import type { Witnesses } from '../witness.ts';

/** What a connection of an agent may use; `link` is null until `attach` succeeded. */
export type AgentContext = {
  version: string;
  sourceAddress: string | null;
  identity: ServerIdentity;
  enrolments: Enrolments;
  commands: Commands;
  witnesses: Pick<Witnesses, 'notices' | 'said'>;
  link: () => Link | null;
  attach: (signature: string, claim: AttachClaim) => Promise<{ host: string; recall: boolean }>;
  recalled: Branches['recalled'];
  report: (hostId: string, report: Report) => Promise<void>;
  notice: (hostId: string, notice: Notice) => Promise<void>;
};

/** What an agent heard of its swarm, and read of it by itself. */
export type Notice = {
  nodes: readonly string[];
  gap: boolean;
  seen?: readonly unknown[] | null;
  /** Kinds of services, networks, secrets and configs that events named. */
  objects?: readonly string[] | null;
};

export const builder = new SchemaBuilder<{
  Context: AgentContext;
  Scalars: { ID: { Input: string; Output: string }; JSON: { Input: unknown; Output: unknown } };
  DefaultFieldNullability: false;
}>({
  defaultFieldNullability: false,
  // Asked for by the types alone: the plugin is the other schema's, and here `attached` is the one rule.
  scopeAuth: { authScopes: () => ({}) },
});

/** @throws Failure UNAUTHENTICATED before `attach`. */
export const attached = (context: AgentContext): Link => {
  const link = context.link();
  if (!link || link.ended.aborted)
    throw new Failure('UNAUTHENTICATED', 'attach first', 'send attach(signature) before anything else');
  return link;
};

builder.scalarType('JSON', { serialize: (value) => value, parseValue: (value) => value });

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});
