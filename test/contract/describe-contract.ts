// Runs one set of tests against every engine: the simulated one in each version, real ones, and a mixed swarm.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { whyNoRealEngines } from '../../lab/engines/can-run.ts';
import { createLab, labFolder, ownPrefix } from '../../lab/engines/lab.ts';
import type { LabHost } from '../../lab/host.ts';
import type { EngineVersion } from '../../lab/simulated/engine-versions.ts';
import { createWorld } from '../../lab/simulated/world.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';

/** How much faster the simulated world runs; its order of things is that of real time. */
const SPEED = 10;
const SUBNET = '10.91.0';
/** The first real engine of a version may have to be unpacked. */
const OPEN_LIMIT_MS = 600_000;
/** A single step of a real engine may take 20 s. */
const TEST_LIMIT_MS = 90_000;

/** One machine of a test, with a client of its engine. */
export type Member = { readonly host: LabHost; readonly api: EngineClient };

/** Three machines outside of any swarm. */
export type ContractLab = {
  /** @param index - 1, 2 or 3; in the mixed swarm 28.5, 26.1, 20.10 */
  member(index: 1 | 2 | 3): Member;
  /** True for engines whose words are those of 23.0 and later. */
  isStrict(member: Member): boolean;
};

type Provider = {
  readonly name: string;
  /** What SKEP_ENGINES calls it. */
  readonly choice: string;
  readonly versions: readonly EngineVersion[];
};

type OpenLab = { hosts: readonly LabHost[]; close: () => Promise<void> };

const VERSIONS: readonly (readonly [string, readonly EngineVersion[]])[] = [
  ['20.10', ['20.10', '20.10', '20.10']],
  ['26.1', ['26.1', '26.1', '26.1']],
  ['28.5', ['28.5', '28.5', '28.5']],
  ['mixed', ['28.5', '26.1', '20.10']],
];

const providers = (): Provider[] => {
  const wanted = process.env.SKEP_ENGINES?.split(',').map((choice) => choice.trim());
  const all = VERSIONS.flatMap(([name, versions]) => [
    { name: `simulated ${name}`, choice: 'simulated', versions },
    { name: `real ${name}`, choice: name, versions },
  ]);
  return all.filter(({ choice }) => !wanted || wanted.includes(choice));
};

const openSimulated = async (versions: readonly EngineVersion[]): Promise<OpenLab> => {
  const dir = await mkdtemp(join(tmpdir(), 'skep-contract-'));
  const world = createWorld({ speed: SPEED });
  const hosts = await Promise.all(
    versions.map((version, at) =>
      world.addEngine({
        hostname: `ct${at + 1}`,
        address: `${SUBNET}.${at + 1}`,
        socketPath: join(dir, `${at + 1}.sock`),
        version,
      }),
    ),
  );
  return {
    hosts,
    close: async () => {
      await world.close();
      await rm(dir, { recursive: true });
    },
  };
};

const openReal = async (versions: readonly EngineVersion[]): Promise<OpenLab> => {
  const lab = createLab({ dir: labFolder(), prefix: ownPrefix('ct'), subnet: SUBNET });
  try {
    const hosts = await Promise.all(
      versions.map((version, at) => lab.addHost({ version, index: at + 1, hostname: `ct${at + 1}` })),
    );
    return { hosts, close: lab.down };
  } catch (error) {
    await lab.down();
    throw error;
  }
};

/**
 * Defines the tests once for each engine that SKEP_ENGINES allows (a comma list of simulated, 20.10, 26.1, 28.5,
 * mixed; default all). Tests of one engine run in order and share its three machines. A real engine that cannot run
 * here is a skip with its reason, or a failure where CI is `true`.
 */
export const describeContract = (subject: string, define: (lab: ContractLab) => void): void => {
  for (const { name, choice, versions } of providers()) {
    const missing = choice === 'simulated' ? null : whyNoRealEngines();
    if (missing !== null && process.env.CI === 'true') {
      test(`${name}: ${subject}`, () => {
        throw new Error(missing);
      });
      continue;
    }
    const title = `${name}: ${subject}${missing === null ? '' : ` (${missing})`}`;
    describe(title, { skip: missing !== null, timeout: TEST_LIMIT_MS }, () => {
      let open: OpenLab | undefined;
      const members: Member[] = [];
      beforeAll(async () => {
        open = await (choice === 'simulated' ? openSimulated(versions) : openReal(versions));
        for (const host of open.hosts) members.push({ host, api: createEngineClient(host.socketPath) });
      }, OPEN_LIMIT_MS);
      afterAll(async () => {
        for (const { api } of members) api.close();
        await open?.close();
      }, OPEN_LIMIT_MS);
      define({
        member: (index) => {
          const member = members[index - 1];
          if (!member) throw new Error(`there is no machine ${index} yet: call member() inside a test`);
          return member;
        },
        isStrict: ({ host }) => host.version !== '20.10',
      });
    });
  }
};
