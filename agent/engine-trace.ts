// Which calls of its engine a command made, for a server that traces. It is told names and times, never arguments.
import type { AsyncLocalStorage } from 'node:async_hooks';

/** `EngineCallInput` of agent.graphql. */
export interface EngineCallTimes {
  readonly method: string;
  /** With `{id}` in the place of a name or id. */
  readonly path: string;
  /** Null: no answer. */
  readonly status: number | null;
  /** After the command was begun. */
  readonly offsetMs: number;
  readonly durationMs: number;
}

/** `EngineTimesInput` of agent.graphql. */
export interface EngineTimes {
  readonly tookMs: number;
  readonly calls: readonly EngineCallTimes[];
}

/** Who hears of the calls that are made while a traced command is carried out. */
export interface EngineTrace {
  /** Carries out, and tells what was called meanwhile. */
  during<T extends object>(work: () => Promise<T>): Promise<T & { readonly engine: EngineTimes }>;
  /** A call has ended. @param began - `performance.now()` of then */
  called(call: { method: string; path: string; status: number | null; began: number }): void;
}

interface Recording {
  readonly began: number;
  readonly calls: EngineCallTimes[];
}

/** A command makes a few; one that asks a large swarm for each of its services makes many. */
const mostCalls = 100;

export function createEngineTrace(): EngineTrace {
  /** Made for the first command that is traced: most agents never see one. */
  let current: AsyncLocalStorage<Recording> | undefined;
  return {
    during: async (work) => {
      current ??= new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)();
      const recording: Recording = { began: performance.now(), calls: [] };
      const done = await current.run(recording, work);
      return {
        ...done,
        engine: { tookMs: performance.now() - recording.began, calls: recording.calls },
      };
    },
    called: ({ method, path, status, began }) => {
      const recording = current?.getStore();
      if (recording === undefined || recording.calls.length >= mostCalls) return;
      recording.calls.push({
        method,
        path: path.replace(/^\/(nodes|services|networks|secrets|configs)\/(?!create$)[^/]+/, '/$1/{id}'),
        status,
        offsetMs: began - recording.began,
        durationMs: performance.now() - began,
      });
    },
  };
}
