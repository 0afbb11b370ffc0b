// What is known of an HTTP request before it is answered: who asks, and its body, which is read once for all.
import type { IncomingMessage } from 'node:http';
import type { Asker, Context, Parts } from '../context.ts';
import type { Authenticate } from './authenticate.ts';
import type { Present } from './present.ts';
import { maxBodyBytes, maxValueBodyBytes, type Params, paramsOf, readBody } from './request-body.ts';

export type Asked = {
  /** @throws why nobody was recognised. */
  asker(): Asker;
  /** What resolvers are given. @throws why nobody was recognised. */
  context(): Context;
  /** @throws why there is none to look at. */
  body(): Buffer;
  /** Of the body. @throws GraphQLError with a status */
  params(): Params;
};

/** Never rejects: what it met is thrown where it is asked for. */
export type Ask = (request: IncomingMessage) => Promise<Asked>;

/** Who asks is known before anything that was sent is read. */
export const createAsk =
  ({ present, authenticate, parts }: { present: Present; authenticate: Authenticate; parts: Parts }): Ask =>
  async (request) => {
    /** A value of a secret or a config is larger than any document. */
    const mostFrom = ({ requester: { actor } }: Asker): number =>
      parts.holders.authorise(actor, 'config:write') || parts.holders.authorise(actor, 'secret:write')
        ? maxValueBodyBytes
        : maxBodyBytes;
    let asker: Asker | null = null;
    let context: Context | null = null;
    let body: Buffer | null = null;
    let params: Params | null = null;
    let met: unknown = null;
    try {
      asker = await authenticate(present(request), parts.sourceOf(request));
      if (request.method === 'POST') body = await readBody(request, mostFrom(asker));
    } catch (error) {
      met = error;
    }
    const there = <T>(thing: T | null): T => {
      if (thing === null) throw met ?? new Error('no body was read');
      return thing;
    };
    return {
      asker: () => there(asker),
      context: () => {
        context ??= { ...parts, ...there(asker) };
        return context;
      },
      body: () => there(body),
      params: () => {
        params ??= paramsOf(there(body));
        return params;
      },
    };
  };
