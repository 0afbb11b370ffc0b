// A request that no answer came to, sent again where that can do no harm.
import { type DocumentNode, Kind, OperationTypeNode, parse } from 'graphql';
import { SkepUnreachable } from './errors.ts';
import { pause, waitMs } from './pause.ts';
import type { Send } from './request.ts';

const hasKey = (variables: object | undefined): boolean => {
  const input: unknown = variables && 'input' in variables ? variables.input : null;
  return typeof input === 'object' && input !== null && 'idempotencyKey' in input && !!input.idempotencyKey;
};

/** A mutation may have been taken: with a key of its own the server knows it again. */
const isHarmless = (query: string, variables: object | undefined): boolean => {
  let document: DocumentNode;
  try {
    document = parse(query, { noLocation: true });
  } catch {
    return false;
  }
  const isMutation = document.definitions.some(
    (each) => each.kind === Kind.OPERATION_DEFINITION && each.operation === OperationTypeNode.MUTATION,
  );
  return !isMutation || hasKey(variables);
};

/** @param most times that one request is sent again. */
export const createResend =
  (send: Send, most: number): Send =>
  async (query, variables, signal) => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await send(query, variables, signal);
      } catch (error) {
        // Without a cause it was late, or answered by another server: the same would come again.
        const isBroken = error instanceof SkepUnreachable && error.cause !== undefined;
        if (!isBroken || tries >= most || !isHarmless(query, variables)) throw error;
        await pause(waitMs(tries), signal);
        signal?.throwIfAborted();
      }
    }
  };
