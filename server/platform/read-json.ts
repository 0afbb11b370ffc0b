// Reading a small JSON body, for what is asked beside GraphQL. Nothing of it stands in what is said when it is not right.
import type { IncomingMessage } from 'node:http';
import { Failure } from './failure.ts';
import { readBytes } from './read-bytes.ts';

/** @param most bytes. @throws Failure BAD_USER_INPUT */
export const readJson = async (request: IncomingMessage, most: number): Promise<unknown> => {
  const wrong = (what: string): Failure =>
    new Failure('BAD_USER_INPUT', what, `send JSON of at most ${most} bytes`);
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  // Other types a page may send to another site without asking it.
  if (type !== 'application/json') throw wrong('the body must be application/json');
  const bytes = await readBytes(request, most, {
    tooLarge: () => wrong(`the body is larger than ${most} bytes`),
    endedEarly: () => wrong('the body ended early'),
  });
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw wrong('the body is not JSON');
  }
};
