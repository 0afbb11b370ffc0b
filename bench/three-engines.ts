// Three machines in one swarm, with agents: real engines where they can run, simulated ones otherwise, which is said.
import { Agent } from 'node:http';
import Docker from 'dockerode';
import { whyNoRealEngines } from '../lab/machines.ts';
import { type System, startSystem } from '../test/support/system.ts';
import type { Context } from './measure.ts';

export type ThreeEngines = {
  system: System;
  /** Ids of the three nodes; the first is the manager. */
  nodes: readonly string[];
  /** The manager's engine, as somebody calls it who has no Skep: dockerode on the unix socket, kept alive. */
  docker: Docker;
};

/** @throws Error where no real engines can run: times of simulated ones say nothing. With `short` they do to see it run. */
export const startThreeEngines = async (context: Context): Promise<ThreeEngines> => {
  const why = whyNoRealEngines();
  if (why !== null && !context.short) throw new Error(`needs real engines: ${why}`);
  if (why !== null) context.log(`on simulated engines: ${why}`);
  const system = await context.own(
    () =>
      startSystem({
        engines:
          why === null
            ? { kind: 'real', version: '20.10' }
            : { kind: 'simulated', version: '20.10', speed: 50 },
        hosts: 3,
      }),
    (started) => started.stop(),
  );
  await system.formSwarm();
  const socketPath = system.members[0]?.host.socketPath ?? '';
  const agent = await context.own(
    async () => new Agent({ keepAlive: true }),
    (made) => made.destroy(),
  );
  // The types do not name `agent`, which dockerode hands on.
  const options = { socketPath, agent };
  const docker = new Docker(options);
  const listed = (await docker.listNodes()) as { ID: string; Spec: { Role: string } }[];
  const nodes = listed.sort((a) => (a.Spec.Role === 'manager' ? -1 : 1)).map(({ ID }) => ID);
  return { system, nodes, docker };
};

type EngineNode = { Version: { Index: number }; Spec: { Labels: Record<string, string> } };

/** Sets a label as any script does: reads the node, writes it with the version read, and once more when it was late. */
export const setLabelBare = async (docker: Docker, id: string, key: string, value: string): Promise<void> => {
  const node = docker.getNode(id);
  for (;;) {
    const { Version, Spec } = (await node.inspect()) as EngineNode;
    try {
      await node.update({ version: Version.Index, ...Spec, Labels: { ...Spec.Labels, [key]: value } });
      return;
    } catch (error) {
      if (!String(error).includes('out of sequence')) throw error;
    }
  }
};

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
