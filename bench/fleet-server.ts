// The built server with a fleet of hosts that are enrolled, and the process that plays their agents.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '../lab/processes.ts';
import { type FleetHostText, fleetTextOf, seedFleet } from '../test/support/fleet.ts';
import type { Context } from './measure.ts';
import { type Peer, startPeer } from './peer.ts';

/** Tells the process of a fleet what to do. @throws Error with what it says when it could not. */
export const tellFleet = async <Answer = null>(
  { port }: Peer,
  what: 'dial' | 'wave' | 'cut' | 'beat',
): Promise<Answer> => {
  const answer = await fetch(`http://127.0.0.1:${port}/${what}`, { method: 'POST' });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${what}: ${text}`);
  return JSON.parse(text);
};

/** Over TCP, as agents dial; none of them is connected yet. */
export const startFleetServer = async (
  context: Context,
  count: number,
): Promise<{ server: ServerProcess; fleet: Peer; hosts: readonly FleetHostText[] }> => {
  const dir = await context.own(
    async () => mkdtempSync(join(tmpdir(), 'skep-fleet-')),
    (made) => rmSync(made, { recursive: true, force: true }),
  );
  const server = await context.own(
    () => startServer({ dir }),
    (started) => started.stop(),
  );
  await server.stop();
  const hosts = seedFleet(join(dir, 'data/skep.db'), count).map(fleetTextOf);
  await server.start();
  const url = server.socketUrl.replace(/graphql$/, 'agent');
  return { server, hosts, fleet: await startPeer(context, 'fleet', { url, hosts, count }) };
};
