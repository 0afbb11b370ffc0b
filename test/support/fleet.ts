// Agents by hand in bulk: hosts put into a database before its server starts, and links that prove real keys.
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { WebSocket } from 'ws';
import {
  attachDocument,
  commandsDocument,
  headsDocument,
  reportDocument,
  witnessDocument,
} from '../../agent/documents.ts';

/** A host that is enrolled, and what its agent keeps and tells. */
export type FleetHost = { host: string; engineId: string; privateKey: KeyObject; report: object };

const reportOf = (name: string, number: number, engineId: string): object => ({
  agentVersion: '0.1.0',
  hostname: name,
  bootId: `boot-${name}`,
  allow: ['InitSwarm', 'JoinSwarm', 'LeaveSwarm', 'ReadCluster', 'UpdateNode'],
  addresses: [
    {
      interface: 'eth0',
      address: `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`,
      prefixLength: 8,
    },
  ],
  engine: {
    id: engineId,
    version: '28.5.1',
    apiVersion: '1.51',
    minApiVersion: '1.24',
    operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
    kernelVersion: '6.1.0',
    osType: 'linux',
    architecture: 'x86_64',
    cpus: 8,
    memoryBytes: 34_359_738_368,
    storageDriver: 'overlay2',
    labels: [],
  },
  engineFailure: null,
  swarm: {
    localState: 'INACTIVE',
    nodeId: null,
    nodeAddress: null,
    controlAvailable: false,
    clusterId: null,
    caDigest: null,
    remoteManagers: [],
    error: null,
  },
});

/**
 * Writes enrolled hosts into the database of a server that does not run: enrolment one by one is slow, and not what is
 * looked at. They have reported once, a minute ago, unless `reported` is false.
 */
export const seedFleet = (
  databaseFile: string,
  count: number,
  { reported = true }: { reported?: boolean } = {},
): FleetHost[] => {
  const database = new Sqlite(databaseFile);
  const insert = database.prepare(
    'INSERT INTO Host (id, name, publicKey, engineId, reportJson, enrolledAt, lastSeenAt) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const at = new Date(Date.now() - 60_000).toISOString();
  const fleet = Array.from({ length: count }, (_, number) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const name = `fleet-${String(number).padStart(5, '0')}`;
    const engineId = `engine-${name}`;
    const host = `host_${randomBytes(8).toString('hex')}`;
    const report = reportOf(name, number, engineId);
    return { name, host, engineId, privateKey, publicKey, report };
  });
  database.transaction(() => {
    for (const { host, name, publicKey, engineId, report } of fleet)
      insert.run(
        host,
        name,
        publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
        engineId,
        reported ? JSON.stringify(report) : null,
        at,
        reported ? at : null,
      );
  })();
  database.close();
  return fleet.map(({ host, engineId, privateKey, report }) => ({ host, engineId, privateKey, report }));
};

/** A host as JSON, for the process that plays its agent. */
export type FleetHostText = Omit<FleetHost, 'privateKey'> & { privateKeyPem: string };

export const fleetTextOf = ({ privateKey, ...host }: FleetHost): FleetHostText => ({
  ...host,
  privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});

/** The other way round. */
export const fleetHostOf = ({ privateKeyPem, ...host }: FleetHostText): FleetHost => ({
  ...host,
  privateKey: createPrivateKey(privateKeyPem),
});

export type FleetLink = {
  host: string;
  /** Resolves when the link is attached and its first report is taken. @throws Error with the code of the refusal. */
  ready: Promise<void>;
  /** The close code. */
  closed: Promise<number>;
  /** `performance.now()` of the answer to `attach`; null until then. */
  attachedAtMs(): number | null;
  /** The head of the history that it keeps. */
  head(): object | null;
  ping(): void;
  /** Without a word to the other end. */
  cut(): void;
};

/**
 * Dials, proves the key, reports and subscribes, as a real agent does. The server's own proof is not looked at: here it
 * is the server that is looked at.
 *
 * @param tamper changes the signature, to be refused.
 */
export const dialFleetHost = (
  url: string,
  { host, engineId, privateKey, report }: FleetHost,
  {
    head = null,
    tamper = (text) => text,
  }: { head?: object | null; tamper?: (signature: string) => string } = {},
): FleetLink => {
  const nonce = randomBytes(32).toString('base64url');
  const bootId = (report as { bootId: string }).bootId;
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  let attachedAtMs: number | null = null;
  let kept: object | null = null;
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const subscribe = (id: string, query: string, variables: object = {}): void =>
    send({ id, type: 'subscribe', payload: { query, variables } });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const ready = new Promise<void>((resolve, reject) => {
    closed.then((code) => reject(new Error(`closed ${code}`)));
    socket.on('error', () => undefined);
    socket.once('open', () =>
      send({ type: 'connection_init', payload: { agent: host, nonce, binding: 'none' } }),
    );
    socket.on('message', (data) => {
      const { type, id, payload } = JSON.parse(String(data));
      const errors = type === 'error' ? payload : payload?.errors;
      if (errors) reject(new Error(String(errors[0].extensions?.code ?? errors[0].message)));
      else if (type === 'connection_ack') {
        const text = ['skep-agent-v2', host, nonce, payload.nonce, 'none', bootId, engineId].join('\n');
        const signature = tamper(sign(null, Buffer.from(text), privateKey).toString('base64url'));
        subscribe('attach', attachDocument, { signature, bootId, engineId, head });
      } else if (type === 'next' && id === 'attach') {
        attachedAtMs = performance.now();
        subscribe('report', reportDocument, { input: report });
      } else if (type === 'next' && id === 'report') {
        subscribe('heads', headsDocument);
        subscribe('commands', commandsDocument);
        resolve();
      } else if (type === 'next' && id === 'heads' && payload.data.heads.head) {
        kept = payload.data.heads.head;
        subscribe('witness', witnessDocument, { input: { ask: null, heads: [kept], refused: null } });
      }
    });
  });
  ready.catch(() => undefined);
  return {
    host,
    ready,
    closed,
    attachedAtMs: () => attachedAtMs,
    head: () => kept,
    ping: () => send({ type: 'ping' }),
    cut: () => socket.terminate(),
  };
};
