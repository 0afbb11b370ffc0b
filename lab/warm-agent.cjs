// Starts the built agent against a server and an engine that say the least, and writes down what V8 had compiled of it
// when it was attached and had sent its report. Usage: node lab/warm-agent.cjs FOLDER, an empty one: makes code.bin there.
'use strict';
const { createHash, generateKeyPairSync, sign } = require('node:crypto');
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { WebSocketServer } = require('ws');

const [folder] = process.argv.slice(2);
const key = generateKeyPairSync('ed25519');
const publicKey = key.publicKey.export({ type: 'spki', format: 'der' });
const socketPath = (name) => join(folder, `${name}.sock`);

const engineAnswers = {
  _ping: {},
  info: {
    ID: 'ENGINE',
    Name: 'host',
    ServerVersion: '28.5.2',
    OperatingSystem: 'Linux',
    KernelVersion: '6',
    OSType: 'linux',
    Architecture: 'x86_64',
    NCPU: 1,
    MemTotal: 1,
    Driver: 'overlay2',
    Labels: [],
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
  },
  version: { ApiVersion: '1.51', MinAPIVersion: '1.24' },
};

const engine = createServer(({ url }, response) => {
  const name = url.split('?')[0].split('/').at(-1);
  response.setHeader('Api-Version', '1.51');
  if (name === 'events') response.flushHeaders();
  else response.end(JSON.stringify(engineAnswers[name]));
});

const acknowledgement = ({ agent = '', nonce }) => {
  const text = ['skep-server-v2', agent, nonce, 'n'.repeat(43), 'none', 'warm'].join('\n');
  return {
    server: 'warm',
    publicKey: publicKey.toString('base64url'),
    nonce: 'n'.repeat(43),
    binding: 'none',
    generation: 'warm',
    signature: sign(null, Buffer.from(text), key.privateKey).toString('base64url'),
  };
};

const data = {
  Enrol: { enrol: { host: 'host', name: 'host' } },
  Attach: { attach: { host: 'host', heartbeatSeconds: 10, recall: false } },
  Report: { report: true },
};

const server = createServer();
const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] });
sockets.on('connection', (socket) => {
  socket.on('message', (message) => {
    const { type, id, payload } = JSON.parse(message);
    if (type === 'connection_init')
      socket.send(JSON.stringify({ type: 'connection_ack', payload: acknowledgement(payload) }));
    if (type !== 'subscribe') return;
    const [, name] = /^\w+ (\w+)/.exec(payload.query);
    if (name === 'Commands') keep();
    if (data[name] === undefined) return;
    socket.send(JSON.stringify({ type: 'next', id, payload: { data: data[name] } }));
    socket.send(JSON.stringify({ type: 'complete', id }));
  });
});

let script;
const keep = () => {
  writeFileSync(join(folder, 'code.bin'), script.createCachedData());
  process.exit();
};

server.listen(socketPath('server'), () => {
  engine.listen(socketPath('engine'), () => {
    // Nothing of who builds comes in.
    process.argv.length = 2;
    process.env = {
      SKEP_AGENT_SERVER: `ws+unix:${socketPath('server')}:/agent`,
      SKEP_AGENT_STATE: join(folder, 'state'),
      SKEP_AGENT_DOCKER_SOCKET: socketPath('engine'),
      SKEP_AGENT_ENROLMENT: `skep_enr_warm.warm.${createHash('sha256').update(publicKey).digest('base64url')}`,
    };
    // Its log is nobody's.
    process.stdout.write = () => true;
    script = require('../dist/agent.cjs');
  });
});
