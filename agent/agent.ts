// The agent put together: engine, journal, commands, report, events and the link to the server.
import { createCommands } from './commands.ts';
import type { Config } from './config.ts';
import type { Dialled } from './dial.ts';
import { createEngine, type EngineDeadlines } from './engine.ts';
import { createEngineTrace } from './engine-trace.ts';
import { createExecute } from './executors.ts';
import { lockFolder } from './folder-lock.ts';
import { openHeads } from './heads.ts';
import { openIdentity } from './identity.ts';
import { openJournal } from './journal.ts';
import { type LinkDelays, runLink, type Session } from './link.ts';
import type { Log } from './log.ts';
import { createObserve } from './observe.ts';
import { createReporter } from './report.ts';
import { createServiceRules } from './service-rules.ts';
import { type WatchTimes, watchEvents } from './watch.ts';
import { createWitness } from './witness.ts';

/** A running agent. */
export interface Agent {
  /** Lets the running effect end for at most `graceMs`, then lets go of everything. */
  stop(graceMs: number): Promise<void>;
}

/** Times that a test may shorten; each has a sound default. */
export interface AgentTimes {
  readonly deadlines?: EngineDeadlines;
  readonly linkDelays?: LinkDelays;
  readonly watch?: WatchTimes;
  readonly reportIntervalMs?: number;
}

/**
 * Starts the agent. Whatever fails later (server, engine, network) is tried again; only a state folder that cannot be
 * used, or is used by another agent, rejects.
 *
 * @param dialled - under the host id that the state folder had then
 */
export async function startAgent({
  config,
  version,
  log,
  dialled,
  times = {},
}: {
  config: Config;
  version: string;
  log: Log;
  dialled?: Dialled | undefined;
  times?: AgentTimes;
}): Promise<Agent> {
  const lock = await lockFolder(config.stateFolder);
  const identity = openIdentity(config.stateFolder);
  const journal = openJournal({ folder: config.stateFolder });
  const heads = openHeads({
    folder: config.stateFolder,
    serverKey: () => identity.membership()?.serverKey,
  });
  const witness = createWitness({ heads, log });
  const engineTrace = createEngineTrace();
  const engine = createEngine({
    socketPath: config.dockerSocket,
    called: engineTrace.called,
    deadlines: times.deadlines,
  });
  const observe = createObserve({
    engine,
    agentVersion: version,
    allow: [...config.allow, ...(config.allowsPrivileged ? ['services:privileged'] : [])].sort(),
    extraAddresses: config.extraAddresses,
    interfaces: config.interfaces,
    hostname: config.hostname,
    bootId: config.bootId,
  });
  const serviceRules = createServiceRules({
    allowsPrivileged: config.allowsPrivileged,
    own: [config.dockerSocket, config.stateFolder],
  });
  const reporter = createReporter({ observe, log, intervalMs: times.reportIntervalMs });
  const commands = createCommands({
    journal,
    execute: createExecute({ engine, serviceRules }),
    allow: config.allow,
    traced: engineTrace.during,
    log,
    onEffect: (isOfNode) => (isOfNode ? reporter.lookSoon() : reporter.look()),
  });
  const stopping = new AbortController();
  let session: Session | undefined;

  const linking = runLink({
    url: config.serverUrl,
    binding: config.binding,
    identity,
    enrolment: config.enrolment,
    version,
    dialled,
    log,
    signal: stopping.signal,
    delays: times.linkDelays,
    describe: async () => {
      const seen = await observe();
      return { hostname: seen.hostname, bootId: seen.bootId, engineId: seen.engine?.id ?? null };
    },
    newestHead: () => heads.all().at(-1) ?? null,
    remembered: () => journal.all(),
    onAttached: async (next) => {
      session = next;
      await reporter.attached(next);
      commands.attached(next);
      witness.attached(next);
    },
    onCommand: commands.receive,
    onHead: witness.receive,
    onDetached: () => {
      session = undefined;
      reporter.detached();
      commands.detached();
      witness.detached();
    },
  });
  // After the link, which is under way while this loads what speaks to the engine.
  const watching = watchEvents({
    engine,
    log,
    signal: stopping.signal,
    times: times.watch,
    busy: commands.busy,
    onBreak: reporter.broke,
    onNotice: async (notice) => {
      // Lost without a connection: the server reads everything anew when there is one again.
      const told = session?.notice(notice).catch(() => {});
      if (notice.seen.length > 0) reporter.lookSoon();
      else reporter.look();
      await told;
    },
  });

  const stop = async (graceMs: number): Promise<void> => {
    await Promise.race([commands.stop(), new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
    reporter.stop();
    stopping.abort();
    await Promise.all([watching, linking]);
    journal.close();
    await lock.release();
  };
  let stopped: Promise<void> | undefined;
  return {
    stop: (graceMs) => {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}
