// Commands on their way: sent, acknowledged, completed, and told again after a restore.
import type { CommandOutcome } from '../commands.ts';
import type { Envelope } from '../links.ts';
import { attached, builder } from './builder.ts';
import { CommandBodyType } from './command-bodies.ts';
import { CommandOutcomeEnum, FailureCode } from './enums.ts';

const FailureInput = builder.inputType('FailureInput', {
  fields: (t) => ({
    code: t.field({ type: FailureCode, required: true }),
    message: t.string({ required: true, description: 'The engine’s words, without secrets.' }),
  }),
});

const EngineCallInput = builder.inputType('EngineCallInput', {
  fields: (t) => ({
    method: t.string({ required: true }),
    path: t.string({
      required: true,
      description: 'Of the Docker API, with {id} in the place of a name or id.',
    }),
    status: t.int({ description: 'Of the answer; null: there was none.' }),
    offsetMs: t.float({ required: true, description: 'After the command was begun.' }),
    durationMs: t.float({ required: true }),
  }),
});

const EngineTimesInput = builder.inputType('EngineTimesInput', {
  fields: (t) => ({
    tookMs: t.float({ required: true, description: 'From the command’s beginning to its end.' }),
    calls: t.field({ type: [EngineCallInput], required: true, description: 'The first 100.' }),
  }),
});

const CompleteInput = builder.inputType('CompleteInput', {
  fields: (t) => ({
    command: t.id({ required: true }),
    outcome: t.field({ type: CommandOutcomeEnum, required: true }),
    result: t.field({
      type: 'JSON',
      description: 'What the command’s type says that it answers; null unless DONE.',
    }),
    failure: t.field({ type: FailureInput, description: 'Null when DONE.' }),
    engine: t.field({
      type: EngineTimesInput,
      description: 'Where Command.trace asked for it: the calls of the engine that were made. Never stored.',
    }),
    seen: t.field({
      type: 'JSON',
      description:
        'What a read begun after the effect showed, where the command’s type says so; null: not read, and always when a result is sent again after a restart.',
    }),
  }),
});

const RecalledInput = builder.inputType('RecalledInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    kind: t.string({ required: true }),
    at: t.float({ required: true, description: 'When it was accepted: milliseconds since 1970.' }),
    outcome: t.field({ type: CommandOutcomeEnum, description: 'Null: it has no result.' }),
    args: t.field({ type: 'JSON', description: 'Without secrets.' }),
  }),
});

const Command = builder.objectRef<Envelope>('Command').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    operation: t.exposeID('operation', {
      nullable: true,
      description: 'The operation that it belongs to; null for a read.',
    }),
    expiresInMs: t.exposeInt('expiresInMs', {
      description: 'Not to be begun later than this after its arrival, by the agent’s monotonic clock.',
    }),
    trace: t.exposeBoolean('trace', {
      description:
        'The result shall tell which calls of its engine the agent made. To be asked for only where the acknowledgement of the connection says `traces: true`, which earlier servers do not.',
    }),
    body: t.field({ type: CommandBodyType, resolve: ({ body }) => body }),
  }),
});

builder.mutationFields((t) => ({
  acknowledge: t.boolean({
    description: 'The command is in the agent’s journal.',
    args: { command: t.arg.id({ required: true }) },
    resolve: async (_, { command }, context) => {
      await context.commands.acknowledged(attached(context).hostId, command);
      return true;
    },
  }),
  complete: t.boolean({
    description: 'How a command ended. May be sent again after a reconnect: the server takes the first.',
    args: { input: t.arg({ type: CompleteInput, required: true }) },
    resolve: async (_, { input }, context) => {
      await context.commands.completed(attached(context).hostId, input.command, {
        outcome: input.outcome satisfies CommandOutcome,
        result: input.result ?? null,
        failure: input.failure ?? null,
        seen: input.seen ?? null,
        engine: input.engine ?? null,
      });
      return true;
    },
  }),
  recall: t.boolean({
    description:
      'Effects of the agent’s journal, the newest 500: those that a restored database does not know are put on record.',
    args: { commands: t.arg({ type: [RecalledInput], required: true }) },
    resolve: async (_, { commands }, context) => {
      await context.recalled(
        attached(context).hostId,
        commands.slice(-500).map(({ id, kind, at, outcome, args }) => ({
          id,
          kind,
          at: new Date(at),
          outcome: outcome ?? null,
          args,
        })),
      );
      return true;
    },
  }),
}));

builder.subscriptionFields((t) => ({
  commands: t.field({
    type: Command,
    description:
      'Commands for this host, in order: first those without a result, sent again with their old ids (the agent’s journal makes a second run impossible), then new ones.',
    subscribe: (_, __, context) => attached(context).commands(),
    resolve: (envelope: Envelope) => envelope,
  }),
}));
