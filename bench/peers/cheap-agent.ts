// The agent of a fleet host on a bare TCP socket. A thousand WebSockets of a library cost the process that plays them
// as much as the server has to do for them, and on a machine of two cores that is what would be measured.
import { randomBytes, sign } from 'node:crypto';
import { connect } from 'node:net';
import {
  attachDocument,
  commandsDocument,
  headsDocument,
  reportDocument,
  witnessDocument,
} from '../../agent/documents.ts';
import type { FleetHost, FleetLink } from '../../test/support/fleet.ts';
import { createFrameReader, frameOf, opcodes, textFrame } from './frames.ts';

export type Linked = Pick<FleetLink, 'ready' | 'attachedAtMs' | 'head' | 'ping' | 'cut'>;

const subscribe = (id: string, query: string, variables: object = {}): Buffer =>
  textFrame({ id, type: 'subscribe', payload: { query, variables } });

const pingFrame = textFrame({ type: 'ping' });
const listening = Buffer.concat([subscribe('heads', headsDocument), subscribe('commands', commandsDocument)]);

/** What does not depend on what the server says is made before anybody dials. */
export const prepareAgent = (
  url: string,
  { host, engineId, privateKey, report }: FleetHost,
): ((head: object | null) => Linked) => {
  const { hostname, port, pathname } = new URL(url);
  const upgrade = Buffer.from(
    `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
      'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  );
  const { bootId } = report as { bootId: string };
  const reporting = subscribe('report', reportDocument, { input: report });

  return (head) => {
    const nonce = randomBytes(32).toString('base64url');
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let attachedAtMs: number | null = null;
    let kept: object | null = null;
    const ready = new Promise<void>((resolve, reject) => {
      const fail = (why: unknown): void => reject(new Error(String(why)));
      const heard = (text: string): void => {
        const { type, id, payload } = JSON.parse(text);
        const errors = type === 'error' ? payload : payload?.errors;
        if (errors) fail(errors[0].extensions?.code ?? errors[0].message);
        else if (type === 'connection_ack') {
          const proof = ['skep-agent-v2', host, nonce, payload.nonce, 'none', bootId, engineId].join('\n');
          const signature = sign(null, Buffer.from(proof), privateKey).toString('base64url');
          socket.write(subscribe('attach', attachDocument, { signature, bootId, engineId, head }));
        } else if (type === 'next' && id === 'attach') {
          attachedAtMs = performance.now();
          socket.write(reporting);
        } else if (type === 'next' && id === 'report') {
          socket.write(listening);
          resolve();
        } else if (type === 'next' && id === 'heads' && payload.data.heads.head) {
          kept = payload.data.heads.head;
          const input = { ask: null, heads: [kept], refused: null };
          socket.write(subscribe('witness', witnessDocument, { input }));
        }
      };
      const read = createFrameReader((opcode, payload) => {
        if (opcode === opcodes.text) heard(payload.toString());
        else if (opcode === opcodes.ping) socket.write(frameOf(opcodes.pong, payload));
        else if (opcode === opcodes.close) fail(`closed ${payload.readUInt16BE(0)}`);
      });
      socket.on('error', fail).once('close', () => fail('cut'));
      socket.once('data', (answer) => {
        // The server says nothing by itself before the first message.
        if (!answer.includes('HTTP/1.1 101 ')) fail(answer);
        socket.on('data', read);
        socket.write(
          textFrame({ type: 'connection_init', payload: { agent: host, nonce, binding: 'none' } }),
        );
      });
      socket.write(upgrade);
    });
    ready.catch(() => undefined);
    return {
      ready,
      attachedAtMs: () => attachedAtMs,
      head: () => kept,
      ping: () => void socket.write(pingFrame),
      cut: () => void socket.destroy(),
    };
  };
};
