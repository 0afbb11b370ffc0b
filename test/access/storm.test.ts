// Many agents at once: all that have their keys come in, nobody else does, and no change of a host is lost.
import { sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ask, createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { dialFleetHost, type FleetHost, type FleetLink, seedFleet } from '../support/fleet.ts';
import { attachText, connectByHand } from '../support/hand-made-agent.ts';
import { subscribeSse } from '../support/sse.ts';
import { until } from '../support/until.ts';

const many = 450;

let dir: string;
let server: ServerProcess;
let ask: Ask;
let fleet: FleetHost[];
let links: FleetLink[] = [];
let beforeAnyCursor: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'skep-storm-'));
  server = await startServer({ dir });
  await server.stop();
  fleet = seedFleet(join(dir, 'data/skep.db'), many);
  await server.start();
  ask = createAsk(() => server.url, server.adminKey);
  beforeAnyCursor = (await ask('{ eventCursor }')).eventCursor;
}, 60_000);

afterAll(async () => {
  for (const link of links) link.cut();
  await server.stop();
  rmSync(dir, { recursive: true });
});

const connected = async (): Promise<number> =>
  (await ask('{ hosts(filter: { status: [CONNECTED] }, first: 1) { totalCount } }')).hosts.totalCount;

/** What subscribers hear of hosts' statuses from a cursor until now, host by host. */
const statusesSince = async (cursor: string): Promise<Map<string, [unknown, unknown][]>> => {
  // Events come in order: when this one is heard, so are all before it.
  const last = `last-${cursor}`;
  await ask('mutation($id: ID!, $name: String!) { renameHost(input: { id: $id, name: $name }) { state } }', {
    id: fleet[0]?.host,
    name: last,
  });
  const feed = subscribeSse(
    server.url,
    server.adminKey,
    'subscription($after: String) { hostChanged(after: $after) { hostId name changes { path old new } } }',
    { after: cursor },
  );
  try {
    await feed.next(({ name }) => name === last, 'the feed has told of all', 30_000);
    expect(feed.errors).toEqual([]);
  } finally {
    feed.stop();
  }
  const found = new Map<string, [unknown, unknown][]>();
  for (const { hostId, changes } of feed.received)
    for (const { path, old, new: now } of changes)
      if (path === 'status') found.set(hostId, [...(found.get(hostId) ?? []), [old, now]]);
  return found;
};

test('all that dial at once after a restart come in, and each is told of once', async () => {
  links = fleet.map((host) => dialFleetHost(server.agentUrl, host));
  await Promise.all(links.map(({ ready }) => ready));
  expect(await connected()).toBe(many);
  const told = await statusesSince(beforeAnyCursor);
  expect(told.size).toBe(many);
  for (const changes of told.values()) expect(changes).toEqual([['DISCONNECTED', 'CONNECTED']]);
  // One was renamed meanwhile: the order is by the names of now.
  const { hosts } = await ask('{ hosts(first: 1000) { edges { node { name } } } }');
  const names: string[] = hosts.edges.map(({ node }: { node: { name: string } }) => node.name);
  expect(names).toHaveLength(many);
  expect(names).toEqual([...names].sort());
  expect(names.at(-1)).toMatch(/^last-/);
}, 60_000);

test('the log names each that came, in far fewer lines than they are', async () => {
  const lines = () =>
    readFileSync(server.logPath, 'utf8')
      .split('\n')
      .filter((line) => line.includes('attached"'))
      .map((line) => JSON.parse(line));
  const named = () =>
    lines().flatMap(({ host, hosts }) => hosts?.map((one: FleetHost) => one.host) ?? [host]);
  await until(async () => named().length === many, 'all are named');
  expect(new Set(named())).toEqual(new Set(fleet.map(({ host }) => host)));
  expect(lines().length).toBeLessThan(many / 4);
});

test('when all links are cut at once, those that prove their keys come back and no others do', async () => {
  const { eventCursor: cursor } = await ask('{ eventCursor }');
  const [forgedHost, copiedHost] = [fleet[150], fleet[151]] as [FleetHost, FleetHost];
  for (const link of links) link.cut();

  let answered = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const { hosts } = await ask('{ hosts(first: 20) { totalCount edges { node { id status } } } }');
      expect(hosts.totalCount).toBe(many);
      answered += 1;
    }
  })();

  links = fleet.map((host) =>
    host === forgedHost
      ? dialFleetHost(server.agentUrl, host, {
          tamper: (signature) =>
            signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`,
        })
      : dialFleetHost(
          server.agentUrl,
          host === copiedHost ? { ...host, engineId: 'engine-of-a-copy' } : host,
        ),
  );
  const ends = await Promise.allSettled(links.map(({ ready }) => ready));
  isOver = true;
  await asking;
  expect(answered).toBeGreaterThan(0);

  const refused = ends.flatMap((end, number) =>
    end.status === 'rejected' ? [[fleet[number]?.host, end.reason.message]] : [],
  );
  expect(refused).toEqual([
    [forgedHost.host, 'UNAUTHENTICATED'],
    [copiedHost.host, 'HOST_QUARANTINED'],
  ]);
  await until(async () => (await connected()) === many - 2, 'all but the two are connected');
  const { host: quarantined } = await ask('query($id: ID!) { host(id: $id) { status } }', {
    id: copiedHost.host,
  });
  expect(quarantined.status).toBe('QUARANTINED');

  // What subscribers hear leads without a gap from what was to what is.
  const endOf = (host: string): string =>
    host === forgedHost.host ? 'DISCONNECTED' : host === copiedHost.host ? 'QUARANTINED' : 'CONNECTED';
  const told = await statusesSince(cursor);
  expect([...told.keys()]).toEqual(expect.arrayContaining([forgedHost.host, copiedHost.host]));
  for (const [host, changes] of told) {
    let status: unknown = 'CONNECTED';
    for (const [old, now] of changes) {
      expect(old).toBe(status);
      status = now;
    }
    expect(status).toBe(endOf(host));
  }
}, 60_000);

test('a proof that was heard once opens no second connection', async () => {
  const host = fleet[0] as FleetHost;
  const key = { host: host.host, privateKey: host.privateKey, publicKey: '' };
  const nonce = 'n'.repeat(43);
  const first = await connectByHand(server.agentUrl, key, { nonce });
  const claim = { bootId: 'boot-fleet-00000', engineId: host.engineId };
  const signature = sign(
    null,
    Buffer.from(attachText(first, host.host, claim.bootId, claim.engineId)),
    host.privateKey,
  ).toString('base64url');
  await first.attach({ ...claim, signature });
  const second = await connectByHand(server.agentUrl, key, { nonce });
  await expect(second.attach({ ...claim, signature })).rejects.toThrow('UNAUTHENTICATED');
  first.socket.terminate();
  second.socket.terminate();
});
