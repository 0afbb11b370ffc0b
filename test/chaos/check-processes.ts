// What processes say of themselves: no defect in a log, memory and handles back to where they were.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { until } from '../support/until.ts';
import type { Arena } from './arena.ts';

/** What is logged for a defect, and for nothing else. */
const defects =
  /uncaughtException|unhandledRejection|UnhandledPromise|ERR_UNHANDLED|triggerUncaught|failed unexpectedly|an operation was lost|of an unknown action|A callback failed|"level":(?:"fatal"|60)/;

/** Made by a fault that was played, and said as what it is: an error of a failpoint, a database that another program holds. */
const played = /failpoint |Another program holds a lock/;

/** Lines of logs that tell of a defect. */
export const checkLogs = ({ system }: Arena): string[] =>
  [system.server.logPath, ...system.members.map(({ agent }) => agent.logPath)]
    .filter((path) => existsSync(path))
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => defects.test(line) && !played.test(line))
        .map((line) => `${path}: ${line.slice(0, 400)}`),
    );

export type Use = { rssMb: number; handles: number };

/** Of the server as it runs now. */
export const useOf = ({ system }: Arena): Use => {
  const pid = system.server.pid();
  const [, kb = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { rssMb: Math.round(Number(kb) / 1_024), handles: readdirSync(`/proc/${pid}/fd`).length };
};

const mostMb = 400;
const moreHandles = 8;
/** More than the 5 seconds for which Node's server keeps the connection of a caller that asks no more. */
const idleMs = 15_000;

/** @param base taken when the system had just been formed and nobody asked. */
export const checkUse = async (arena: Arena, base: Use): Promise<string[]> => {
  const most = base.handles + moreHandles;
  await until(() => useOf(arena).handles <= most, 'handles are back', idleMs).catch(() => undefined);
  const { rssMb, handles } = useOf(arena);
  return [
    ...(rssMb > mostMb ? [`the server holds ${rssMb} MB, ${base.rssMb} at first`] : []),
    ...(handles > most ? [`the server holds ${handles} handles, ${base.handles} at first`] : []),
  ];
};
