// A page of 50 nodes from the server against a bare node:http server that has the same bytes ready.
import { post } from '../../lab/client.ts';
import { cpuMsDuring } from '../cpu.ts';
import { load } from '../load.ts';
import type { Measure } from '../measure.ts';
import { startPeer } from '../peer.ts';
import { alternate } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

const query =
  '{ nodes(first: 50) { totalCount edges { cursor node { id hostname role availability status { state } labels { key value } } } pageInfo { hasNextPage endCursor } } }';

export const nodesReadyBytes: Measure = {
  rows: [
    {
      id: 'nodesReadyBytes',
      what: 'A page of 50 nodes, asked again and again, against node:http with the bytes ready',
      unit: 'µs CPU/request',
      compare: 'ratio',
      goal: 5,
    },
  ],
  run: async (context) => {
    const server = await startBenchServer(context, { nodes: 50 });
    const { body } = await post(server.url, server.adminKey, query);
    const peer = await startPeer(context, 'ready-bytes', { text: JSON.stringify(body) });
    const count = context.short ? 50 : 3_000;
    const shot = {
      body: JSON.stringify({ query }),
      headers: { authorization: `Bearer ${server.adminKey}` },
    };
    const side = (pid: number, url: string) => async (): Promise<number> => {
      const ms = await cpuMsDuring(
        pid,
        async () => void (await load({ ...shot, url }, { count, connections: 16 })),
      );
      return (ms * 1_000) / count;
    };
    const ours = side(server.pid, server.url);
    const reference = side(peer.pid, `http://127.0.0.1:${peer.port}/graphql`);
    // Once for the compiler's sake.
    if (!context.short) await alternate(1, { ours, reference });
    return { nodesReadyBytes: await alternate(context.rounds, { ours, reference }) };
  },
};
