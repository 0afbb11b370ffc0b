// Commands to paste into another terminal: a query, a mutation, a subscription, and another link to sign in with.
import type { DemoSystem } from './demo-system.ts';

/** For a shell, as one word. */
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** @param keyFile demo.json: the key is read from it, so that it stands in no history of a shell. */
const curl = (url: string, keyFile: string, document: string, accept: string | null): string => {
  const readKey = `node -p ${quote(`JSON.parse(require("fs").readFileSync(${JSON.stringify(keyFile)})).adminKey`)}`;
  return [
    accept === null ? 'curl -sS' : 'curl -sSN',
    url,
    `-H "authorization: Bearer $(${readKey})"`,
    "-H 'content-type: application/json'",
    ...(accept === null ? [] : [`-H ${quote(`accept: ${accept}`)}`]),
    `-d ${quote(JSON.stringify({ query: document }))}`,
  ].join(' ');
};

/** What can be pasted, with what each does. */
export type DemoCommand = { what: string; command: string };

/**
 * Four commands that work as they are, as often as wanted.
 * @param cluster null: the demo is idle, no swarm was formed
 * @param cursor from where the subscription tells
 */
export const demoCommands = (
  { url, hosts }: DemoSystem,
  keyFile: string,
  cluster: string | null,
  cursor: string,
): DemoCommand[] => {
  const text = JSON.stringify;
  const [first] = hosts;
  const name = hosts.at(-1)?.machine.hostname ?? '';
  const documents =
    cluster === null
      ? [
          ['A query', '{ hosts { edges { node { id name status swarm { localState } } } } }'],
          [
            'A mutation (makes a swarm)',
            `mutation { initCluster(input: { host: ${text(first?.id)}, advertiseAddr: ${text(first?.machine.address)}, reason: "pasted" }) { state failure { code message } } }`,
          ],
          [
            'A subscription (goes on until Ctrl-C; begins with what happened so far)',
            `subscription { hostChanged(after: ${text(cursor)}) { cursor kind name status changes { path new } } }`,
          ],
        ]
      : [
          [
            'A query',
            '{ nodes { edges { node { hostname role availability status { state } managerStatus { leader } } } } }',
          ],
          [
            'A mutation',
            `mutation { updateNodeLabels(input: { cluster: ${text(cluster)}, nodes: [${text(name)}], set: [{ key: "pasted", value: "yes" }], reason: "pasted" }) { state failure { code message } } }`,
          ],
          [
            'A subscription (goes on until Ctrl-C; begins with what happened so far)',
            `subscription { nodeChanged(after: ${text(cursor)}) { cursor kind node { hostname } changes { path old new } } }`,
          ],
        ];
  const link = [
    'Another link that signs in to the console',
    'mutation { createSignInLink(input: { reason: "pasted" }) { link expiresAt } }',
  ];
  return [...documents, link].map(([what = '', document = ''], at) => ({
    what,
    command: curl(url, keyFile, document, at === 2 ? 'text/event-stream' : null),
  }));
};
