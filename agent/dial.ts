// The first step towards the server: a connection opened for a host, with the nonce that both proofs are over.
import { randomBytes } from 'node:crypto';
import { type Binding, type Connection, connect } from './connection.ts';

/** A connection that is being made. */
export interface Dialled {
  /** Empty on an enrolling connection. */
  readonly host: string;
  readonly nonce: string;
  /** Rejects with ConnectionLost. */
  readonly connection: Promise<Connection>;
  /** Resolves when the first frame is sent, or there will be none. */
  readonly isUnderWay: Promise<void>;
}

/** Whom to dial, and how. */
export interface DialOptions {
  readonly url: string;
  readonly binding: Binding;
  readonly version: string;
  readonly host: string;
}

/** Dials the server. Tells it nothing but the host's id and the agent's version. */
export function dial({ url, binding, version, host }: DialOptions): Dialled {
  const nonce = randomBytes(32).toString('base64url');
  const payload = { ...(host === '' ? {} : { agent: host }), nonce, version, binding };
  let opened: () => void = () => {};
  const isOpen = new Promise<void>((resolve) => {
    opened = () => setImmediate(resolve);
  });
  const connection = connect(url, payload, binding, opened);
  const isSettled = connection.then(
    () => {},
    () => {},
  );
  return { host, nonce, connection, isUnderWay: Promise.race([isOpen, isSettled]) };
}
