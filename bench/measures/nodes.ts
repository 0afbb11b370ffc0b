// Pages of nodes from the server, with all its limits on, against bare node:http, mercurius with jit and default yoga.
import { post } from '../../lab/client.ts';
import { cpuMsDuring } from '../cpu.ts';
import { load } from '../load.ts';
import type { Context, Measure, Row, Sample } from '../measure.ts';
import { startPeer } from '../peer.ts';
import { alternate } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

/** All is the node's own: its text may be kept as long as it has not changed. */
const own =
  'id hostname role observedRole availability status { state message address } managerStatus { leader reachability } labels { key value } platform { os architecture } resources { cpus memoryBytes } engineVersion joinedAt updatedAt version';
/** `stale` is its cluster's: nothing of such a node is kept, and each is written anew. */
const queryOf = (fields: string): string =>
  `query($first: Int) { nodes(first: $first) { totalCount edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } }`;
const kept = queryOf(own);
const whole = queryOf(`${own} stale`);
/** What the peers need to answer the same. */
const all = queryOf(
  `${own} managerStatus { address } engineLabels { key value } plugins { type name } downSince`,
);

const row = (id: string, what: string, goal: number): Row => ({
  id,
  what,
  unit: 'µs CPU/request',
  compare: 'ratio',
  goal,
});

type Side = () => Promise<number>;

export const nodes: Measure = {
  rows: [
    row('nodesKept', '50 nodes of 16 fields, a kept answer, against node:http with the bytes ready', 2),
    row('nodesComputed', '50 nodes, every node written anew, against mercurius with jit', 1),
    row(
      'nodesComputedTexts',
      '50 nodes, variables never seen, no node changed, against mercurius with jit',
      1,
    ),
    row(
      'nodes1000Computed',
      '1,000 nodes, variables never seen, no node changed, against JSON.stringify in node:http',
      1.2,
    ),
    row('nodes1000Whole', '1,000 nodes, every node written anew, against JSON.stringify in node:http', 1.2),
    row('nodesYoga', '50 nodes, every node written anew, against graphql-yoga as it is by default', 0.25),
  ],
  run: async (context: Context) => {
    const count = context.short ? 60 : 1_000;
    const server = await startBenchServer(context, { nodes: count });
    const answer = async (query: string, first: number) =>
      (await post(server.url, server.adminKey, query, { first })).body;
    const page = (await answer(all, count)).data?.nodes as { edges: { node: unknown }[] };
    const input = { nodes: page.edges.map(({ node }) => node) };
    const mercurius = await startPeer(context, 'nodes-mercurius', input);
    const yoga = await startPeer(context, 'nodes-yoga', input);
    const bytes = await startPeer(context, 'ready-bytes', { text: JSON.stringify(await answer(kept, 50)) });
    const texts = await startPeer(context, 'stringify', await answer(kept, count));
    const wholes = await startPeer(context, 'stringify', await answer(whole, count));

    let sent = 0;
    const side = (
      { pid, url }: { pid: number; url: string },
      { query, first, again = false }: { query: string; first: number; again?: boolean },
    ): Side => {
      const times = context.short ? 20 : first === 50 ? 2_000 : 100;
      // A variable that nobody declares is ignored, and makes a body that was never sent.
      const body = () => JSON.stringify({ query, variables: { first, ...(again ? {} : { sent: sent++ }) } });
      const headers = { authorization: `Bearer ${server.adminKey}` };
      return async () => {
        const ms = await cpuMsDuring(
          pid,
          async () => void (await load({ url, body, headers }, { count: times, connections: 16 })),
        );
        return (ms * 1_000) / times;
      };
    };
    const at = ({ pid, port }: { pid: number; port: number }) => ({
      pid,
      url: `http://127.0.0.1:${port}/graphql`,
    });
    const rounds = async (ours: Side, reference: Side): Promise<Sample[]> => {
      // Once for the compiler's sake.
      if (!context.short) await alternate(1, { ours, reference });
      return alternate(context.rounds, { ours, reference });
    };
    const few = (query: string) => ({ query, first: 50 });
    const many = (query: string) => ({ query, first: count });
    return {
      nodesKept: await rounds(
        side(server, { ...few(kept), again: true }),
        side(at(bytes), { ...few(kept), again: true }),
      ),
      nodesComputed: await rounds(side(server, few(whole)), side(at(mercurius), few(whole))),
      nodesComputedTexts: await rounds(side(server, few(kept)), side(at(mercurius), few(kept))),
      nodes1000Computed: await rounds(side(server, many(kept)), side(at(texts), many(kept))),
      nodes1000Whole: await rounds(side(server, many(whole)), side(at(wholes), many(whole))),
      nodesYoga: await rounds(side(server, few(whole)), side(at(yoga), few(whole))),
    };
  },
};
