// The nodes as they were read a moment ago, so that one can be written over that very version without reading it again.
import type { EngineNode } from './engine.ts';
import { nodeShape } from './engine-shapes.ts';

/** Nodes read lately. Old ones do no harm: the engine refuses a write over a version that is not the present one. */
export interface LastRead {
  /** A list of all nodes, as it was just answered, in place of what was kept before. */
  list(nodes: readonly { readonly ID: string }[]): void;
  /** One node, as it was just answered. */
  one(node: EngineNode): void;
  /** Hands it over, once: whoever writes it makes it old. */
  take(id: string): EngineNode | undefined;
}

const defaultKeptMs = 1000;

/** @param keptMs - what is older is likely to have been written since, and is forgotten */
export function createLastRead({ keptMs = defaultKeptMs }: { keptMs?: number } = {}): LastRead {
  let kept = new Map<string, unknown>();
  let timer: NodeJS.Timeout | undefined;
  const forgetLater = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => kept.clear(), keptMs).unref();
  };
  return {
    list: (nodes) => {
      kept = new Map(nodes.map((node) => [node.ID, node]));
      forgetLater();
    },
    one: (node) => {
      kept.set(node.ID, node);
      // Those of the list become no younger by it.
      if (kept.size === 1) forgetLater();
    },
    take: (id) => {
      const { data } = nodeShape.safeParse(kept.get(id));
      kept.delete(id);
      return data;
    },
  };
}
