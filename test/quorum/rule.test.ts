// The rule against a model of raft: no sequence of steps that it allows loses the majority, whatever is overridden, and
// whatever engines and people do between two steps.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeObservation } from '../../server/clusters/observation.ts';
import { isReachable, quorumOf } from '../../server/clusters/quorum.ts';
import { demotionOrder, judgeDemotion, judgePromotion } from '../../server/nodes/role-rules.ts';
import { guardNames } from '../../server/operations/operation.ts';
import { whyRefused } from '../../server/operations/verdict.ts';

/** A node as the raft group knows it. `wished`: `Spec.Role`. */
type ModelNode = { id: string; wished: 'MANAGER' | 'WORKER'; inRaft: boolean; up: boolean };
type Model = { nodes: ModelNode[]; leader: string };

const observed = ({ nodes, leader }: Model): NodeObservation[] =>
  nodes.map(({ id, wished, inRaft, up }) => ({
    id,
    hostname: id,
    role: wished,
    observedRole: inRaft ? 'MANAGER' : 'WORKER',
    managerStatus: inRaft
      ? { leader: id === leader, reachability: up ? 'REACHABLE' : 'UNREACHABLE', address: `${id}:2377` }
      : null,
    availability: 'ACTIVE',
    status: { state: up ? 'READY' : 'DOWN', message: '', address: id },
    labels: {},
    engineLabels: {},
    platform: { os: 'linux', architecture: 'x86_64' },
    resources: { cpus: 1, memoryBytes: 1 },
    engineVersion: '20.10.24',
    plugins: [],
    tlsInfo: null,
    joinedAt: '',
    updatedAt: '',
    version: 1,
  }));

/** Negative: lost. */
const toleratesOf = (nodes: readonly ModelNode[]): number => {
  const members = nodes.filter(({ inRaft }) => inRaft);
  if (members.length === 0) return -1;
  return quorumOf(members.length, members.filter(({ up }) => up).length).tolerates;
};
/** Has a majority now, and when the demotions that others have asked for are carried out. */
const isSafe = ({ nodes }: Model): boolean =>
  toleratesOf(nodes) >= 0 &&
  toleratesOf(nodes.filter(({ wished, inRaft }) => !(inRaft && wished === 'WORKER'))) >= 0;

const elect = (model: Model): void => {
  const led = model.nodes.find(({ id }) => id === model.leader);
  if (led?.inRaft && led.up) return;
  model.leader = model.nodes.find(({ inRaft, up }) => inRaft && up)?.id ?? '';
};

type Event =
  | { kind: 'dies' | 'returns' | 'demotedByHand' | 'carriedOut'; which: number }
  | { kind: 'demote' | 'promote'; which: number[]; overridden: boolean; between: Event[] };

/** What is not ours takes place only where it leaves a majority: a loss that follows is then the rule's. */
const happen = (model: Model, { kind, which }: Extract<Event, { which: number }>): void => {
  const node = model.nodes[which % model.nodes.length];
  if (!node) return;
  const before = { ...node };
  if (kind === 'dies') node.up = false;
  if (kind === 'returns') node.up = true;
  if (kind === 'demotedByHand' && node.inRaft) node.wished = 'WORKER';
  if (kind === 'carriedOut' && node.inRaft && node.wished === 'WORKER') node.inRaft = false;
  if (!isSafe(model)) Object.assign(node, before);
  elect(model);
};

const named = (model: Model, which: readonly number[]): NodeObservation[] => {
  const ids = new Set(which.map((at) => model.nodes[at % model.nodes.length]?.id));
  return observed(model).filter(({ id }) => ids.has(id));
};
const now = (model: Model, ids: ReadonlySet<string>): NodeObservation[] =>
  observed(model).filter(({ id }) => ids.has(id));

/** As roles.ts acts: judged as a whole, then each target again on what is so by then. */
const carryOut = (model: Model, event: Extract<Event, { which: number[] }>, allowed: () => void): void => {
  const overrides = event.overridden ? guardNames : [];
  const judge = event.kind === 'demote' ? judgeDemotion : judgePromotion;
  const targets = named(model, event.which);
  if (whyRefused(judge(observed(model), targets), overrides)) return;
  const others = [...event.between];
  for (const { id } of event.kind === 'demote' ? demotionOrder(targets) : targets) {
    const other = others.shift();
    if (other && !Array.isArray(other.which)) happen(model, other as Extract<Event, { which: number }>);
    if (whyRefused(judge(observed(model), now(model, new Set([id]))), overrides)) continue;
    const node = model.nodes.find((one) => one.id === id);
    if (!node) continue;
    const tolerated = toleratesOf(model.nodes);
    if (event.kind === 'promote') {
      node.wished = 'MANAGER';
      node.inRaft ||= node.up;
    } else {
      node.wished = 'WORKER';
      node.inRaft = false;
    }
    elect(model);
    if (!event.overridden && event.kind === 'demote' && tolerated >= 1)
      expect(toleratesOf(model.nodes)).toBeGreaterThanOrEqual(1);
    allowed();
  }
};

const which = fc.nat({ max: 8 });
const notOurs = fc.record({
  kind: fc.constantFrom('dies' as const, 'returns' as const, 'demotedByHand' as const, 'carriedOut' as const),
  which,
});
const ours = fc.record({
  kind: fc.constantFrom('demote' as const, 'demote' as const, 'promote' as const),
  which: fc.array(which, { minLength: 1, maxLength: 4 }),
  overridden: fc.boolean(),
  between: fc.array(notOurs, { maxLength: 4 }),
});

describe('the quorum rule against a model', () => {
  it('allows no sequence of steps that loses the majority, plural calls and people between them too', () => {
    let steps = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 2 }),
        fc.array(fc.oneof(notOurs, ours), { minLength: 1, maxLength: 30 }),
        (managers, workers, events) => {
          const nodes = Array.from({ length: managers + workers }, (_, at): ModelNode => {
            const isManager = at < managers;
            return { id: `n${at}`, wished: isManager ? 'MANAGER' : 'WORKER', inRaft: isManager, up: true };
          });
          const model: Model = { nodes, leader: 'n0' };
          for (const event of events) {
            if ('between' in event)
              carryOut(model, event, () => {
                steps += 1;
                expect(isSafe(model)).toBe(true);
                expect(observed(model).some((node) => isReachable(node))).toBe(true);
              });
            else happen(model, event);
          }
        },
      ),
      { numRuns: 3_000 },
    );
    // A rule that allows nothing loses nothing either.
    expect(steps).toBeGreaterThan(3_000);
  });

  it('refuses every change of managers while none leads', () => {
    const nodes = [1, 2, 3, 4].map(
      (at): ModelNode => ({ id: `n${at}`, wished: at < 4 ? 'MANAGER' : 'WORKER', inRaft: at < 4, up: true }),
    );
    const seen = observed({ nodes, leader: '' });
    expect(judgeDemotion(seen, seen.slice(0, 1)).refusal?.code).toBe('NO_LEADER');
    expect(judgePromotion(seen, seen.slice(3)).refusal?.code).toBe('NO_LEADER');
  });

  it('counts a demotion that the managers put off both ways', () => {
    const up = (id: string, wished: 'MANAGER' | 'WORKER' = 'MANAGER', isUp = true): ModelNode => ({
      id,
      wished,
      inRaft: true,
      up: isUp,
    });
    // Without b three of four are reachable or two of three; without a and b one of two would be.
    const seen = observed({
      nodes: [up('a', 'WORKER'), up('b'), up('c'), up('d'), up('e', 'MANAGER', false)],
      leader: 'c',
    });
    expect(judgeDemotion(seen, seen.slice(1, 3)).refusal?.code).toBe('WOULD_LOSE_QUORUM');
    const last = observed({ nodes: [up('a', 'WORKER'), up('b')], leader: 'b' });
    expect(judgeDemotion(last, last.slice(1)).refusal?.code).toBe('LAST_MANAGER');
  });
});
