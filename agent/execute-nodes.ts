// Carries out what a manager does to nodes: change one, remove one, list its tasks.
import { setTimeout as delay } from 'node:timers/promises';
import type { BodyOf } from './contract.ts';
import type { Engine, EngineNode } from './engine.ts';
import type { Carried } from './executors.ts';
import { CommandFailure } from './failure.ts';
import type { LastRead } from './last-read.ts';

const maximumAttempts = 8;
const longestPauseMs = 20;

/**
 * Reads the node, changes what is given and nothing else, writes with the version read. Where it was read a moment ago,
 * as a judgement is, that version is tried first, but not for a role, and never to say that nothing is to do. `version` in the answer is the
 * one that was read last: the one written over, or, with `changed` false, the present one. `seen` is the node as it is
 * then, read after the write.
 */
export async function updateNode(
  engine: Engine,
  body: BodyOf<'UpdateNode'>,
  lastRead: LastRead,
): Promise<Carried> {
  const last = lastRead.take(body.node);
  let known = last && body.wantedRole == null && wantedSpec(last, body) ? last : undefined;
  for (let attempts = 1; ; attempts++) {
    const node = known ?? (await nodeOf(engine, body.node));
    const version = node.Version.Index;
    const spec = wantedSpec(node, body);
    if (spec === undefined) return { result: { changed: false, version, attempts }, seen: node };
    try {
      await engine.updateNode(node.ID, version, spec);
      // It was written, whatever becomes of this read: without it the server looks by itself.
      const seen = await nodeOf(engine, body.node).catch(() => undefined);
      if (seen) lastRead.one(seen);
      return { result: { changed: true, version, attempts }, seen };
    } catch (error) {
      const isStale = error instanceof CommandFailure && error.code === 'OUT_OF_SEQUENCE';
      if (!isStale || attempts === maximumAttempts) throw error;
    }
    if (known) {
      known = undefined;
      continue;
    }
    // Several writers that failed together would otherwise meet again.
    await delay(Math.random() * longestPauseMs * attempts);
  }
}

/** DELETE /nodes/{id}. A node that is gone: done. */
export async function removeNode(engine: Engine, body: BodyOf<'RemoveNode'>): Promise<object> {
  try {
    const node = await nodeOf(engine, body.node);
    await engine.removeNode(node.ID, body.force);
  } catch (error) {
    if (!(error instanceof CommandFailure && error.code === 'NODE_NOT_FOUND')) throw error;
  }
  return { removed: true };
}

/** GET /tasks of one node. */
export async function readTasks(engine: Engine, body: BodyOf<'ReadTasks'>): Promise<object> {
  return { tasks: await engine.tasksOf(body.node) };
}

// The engine also takes a hostname or a prefix for an id: another node than the one meant.
async function nodeOf(engine: Engine, id: string): Promise<EngineNode> {
  const node = await engine.node(id);
  if (node.ID !== id) throw new CommandFailure('FAILED', 'NODE_NOT_FOUND', `node ${id} not found`);
  return node;
}

function wantedSpec({ Spec: spec }: EngineNode, body: BodyOf<'UpdateNode'>): object | undefined {
  const labels = new Map(Object.entries(spec.Labels));
  for (const key of body.removeLabels) labels.delete(key);
  for (const { key, value } of body.setLabels) labels.set(key, value);
  const role = body.wantedRole ?? spec.Role;
  const availability = body.wantedAvailability ?? spec.Availability;
  const sameLabels =
    labels.size === Object.keys(spec.Labels).length &&
    Object.entries(spec.Labels).every(([key, value]) => labels.get(key) === value);
  if (sameLabels && role === spec.Role && availability === spec.Availability) return undefined;
  return { ...spec, Role: role, Availability: availability, Labels: Object.fromEntries(labels) };
}
