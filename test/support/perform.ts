// Asking for a change by the mutation's name, as a caller does: the operation, what came beside it, or the error.
import { post } from '../../lab/client.ts';
import { operationFields } from './system.ts';

/** An operation as `operationFields` tells it; `payload` holds what a mutation answers beside it (a secret). */
export type Performed = Record<string, any> & { payload: Record<string, any> };

export type Perform = {
  /** @throws Error when the answer is no operation. */
  (mutation: string, input: Record<string, unknown>): Promise<Performed>;
  /** The error of a call that must not become an operation. @throws Error when it does. */
  error(mutation: string, input: Record<string, unknown>): Promise<{ code: string; message: string }>;
};

/** What tests want of a readiness. */
export const readinessFields =
  'ready hosts { id name address dataPathAddress engineVersion apiVersion clockAheadMs mtu findings { code } } links { from { name } to { name } port protocol result needed detail } findings { severity code message hostId remedy }';

/** Mutations that answer with more than an operation. */
const beside: Record<string, string> = {
  revealJoinToken: 'token command',
  revealUnlockKey: 'unlockKey',
  preflight: `readiness { ${readinessFields} }`,
  createApiKey: 'key apiKey { id name role clusters expiresAt permissions { name } }',
  createSignInLink: 'ticket link expiresAt',
  createWebhook: 'secret webhook { id name url host alarms clusters disabledAt }',
  rotateWebhookSecret: 'secret webhook { id secretsUntil }',
  testWebhook: 'delivery { id type state body attempts { status error durationMs } }',
  createEnrolment: 'secret command enrolment { id hostName expiresAt }',
};

export const documentOf = (mutation: string): string => {
  const more = beside[mutation];
  const fields = more === undefined ? operationFields : `operation { ${operationFields} } ${more}`;
  const input = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  return `mutation($input: ${input}!) { ${mutation}(input: $input) { ${fields} } }`;
};

/** @param url of GraphQL. @param key who asks. */
export const createPerform = (url: string, key: string): Perform => {
  const send = async (mutation: string, input: Record<string, unknown>) =>
    (await post(url, key, documentOf(mutation), { input })).body;
  const perform = async (mutation: string, input: Record<string, unknown>): Promise<Performed> => {
    const { data, errors } = await send(mutation, input);
    if (errors || !data)
      throw new Error(
        `${mutation}: ${errors?.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('; ')}`,
      );
    const answer = data[mutation] as Record<string, any>;
    const { operation, ...payload } = mutation in beside ? answer : { operation: answer };
    return { ...operation, payload };
  };
  return Object.assign(perform, {
    error: async (mutation: string, input: Record<string, unknown>) => {
      const { errors, data } = await send(mutation, input);
      const [first] = errors ?? [];
      if (!first) throw new Error(`${mutation} was answered: ${JSON.stringify(data)}`);
      return { code: String(first.extensions?.code), message: first.message };
    },
  });
};
