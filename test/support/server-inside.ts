// A caller of a server that runs on a host of a lab, with a certificate that it made itself.
import { type Ask, createAsk } from '../../lab/client.ts';
import type { LabHost } from '../../lab/engines/host.ts';
import type { Lab } from '../../lab/engines/lab.ts';
import { forwardIntoNetns } from '../../lab/engines/lab-door.ts';
import { createPerform, type Perform } from './perform.ts';
import { until } from './until.ts';

export type ServerInside = {
  ask: Ask;
  perform: Perform;
  /** Until the server answers. */
  answers(): Promise<unknown>;
  /** Until the agent of that name has reported its engine. @returns the host's id */
  hostWithEngine(name: string): Promise<string>;
  close(): Promise<void>;
};

/** Opens a door to the server of a host; asks with an admin's key. */
export const callServerOn = async (lab: Lab, host: LabHost, key: string): Promise<ServerInside> => {
  // This process asks as a browser would after a warning.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const door = await forwardIntoNetns(lab.netns, host.address, 4000);
  const url = `https://127.0.0.1:${door.port}/graphql`;
  const ask = createAsk(() => url, key);
  return {
    ask,
    perform: createPerform(url, key),
    answers: () => until(async () => (await ask('{ eventCursor }')).eventCursor, 'the server answers'),
    hostWithEngine: (name) =>
      until(
        async () => {
          const { hosts } = await ask('{ hosts { edges { node { id name engine { id } } } } }');
          return hosts.edges.find(
            ({ node }: { node: { name: string; engine: unknown } }) =>
              node.name === name && node.engine !== null,
          )?.node.id as string | undefined;
        },
        `the agent of ${name} has reported`,
        60_000,
      ),
    close: async () => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      await door.close();
    },
  };
};

/** The admin key that a first start printed. @throws Error when there is none */
export const firstKeyIn = (log: string): string => {
  const key = /skep_key_\w{8}_[\w-]{43}/.exec(log)?.[0];
  if (key === undefined) throw new Error('no first key was shown');
  return key;
};
