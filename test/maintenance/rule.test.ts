// Whose turn it is, against a model: whatever fails and comes back, never more than allowed are taken, and quorum holds.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NodeObservation } from '../../server/clusters/observation.ts';
import { inTurn, isUnavailable, judgeTolerance, whyNever, whyWait } from '../../server/maintenance/rule.ts';

type Model = { id: string; isManager: boolean; up: boolean; drained: boolean };

const observed = (nodes: readonly Model[], leader: string | undefined): NodeObservation[] =>
  nodes.map(({ id, isManager, up, drained }) => ({
    id,
    hostname: id,
    role: isManager ? 'MANAGER' : 'WORKER',
    observedRole: isManager ? 'MANAGER' : 'WORKER',
    managerStatus: isManager
      ? { leader: id === leader, reachability: up ? 'REACHABLE' : 'UNREACHABLE', address: `${id}:2377` }
      : null,
    availability: drained ? 'DRAIN' : 'ACTIVE',
    status: { state: up ? 'READY' : 'DOWN', message: '', address: id },
    labels: {},
    engineLabels: {},
    platform: { os: 'linux', architecture: 'x86_64' },
    resources: { cpus: 1, memoryBytes: 1 },
    engineVersion: '28.5',
    plugins: [],
    tlsInfo: null,
    joinedAt: '',
    updatedAt: '',
    version: 1,
  }));

const cluster = (managers: number, workers: number): Model[] => [
  ...Array.from({ length: managers }, (_, at) => ({
    id: `m${at}`,
    isManager: true,
    up: true,
    drained: false,
  })),
  ...Array.from({ length: workers }, (_, at) => ({
    id: `w${at}`,
    isManager: false,
    up: true,
    drained: false,
  })),
];
const leaderOf = (nodes: readonly Model[]) => nodes.find(({ isManager, up }) => isManager && up)?.id;
const hasQuorum = (nodes: readonly Model[]): boolean => {
  const managers = nodes.filter(({ isManager }) => isManager);
  return managers.filter(({ up }) => up).length >= Math.floor(managers.length / 2) + 1;
};

it('workers go first, the leader last, and what is out of use already before its like', () => {
  const nodes = cluster(3, 3).map((node) => ({ ...node, drained: node.id === 'w2' || node.id === 'm2' }));
  expect(inTurn(observed(nodes, 'm0')).map(({ id }) => id)).toEqual(['w2', 'w0', 'w1', 'm2', 'm1', 'm0']);
});

it('a manager of one or two is never taken, one of three with a guard, one of five freely', () => {
  for (const [managers, never, guards] of [
    [1, 'WOULD_LOSE_QUORUM', 0],
    [2, 'WOULD_LOSE_QUORUM', 0],
    [3, undefined, 1],
    [5, undefined, 0],
  ] as const) {
    const nodes = observed(cluster(managers, 1), 'm0');
    const [first] = nodes;
    if (!first) throw new Error('no node');
    expect(whyNever(nodes, nodes)?.code).toBe(never);
    expect(judgeTolerance(nodes, first)).toHaveLength(guards);
    expect(whyNever(nodes, nodes.slice(managers))).toBeNull();
  }
});

it('says which node is waited for, and why', () => {
  const nodes = cluster(3, 2);
  const at = (id: string, all = observed(nodes, 'm0')) => {
    const found = all.find((node) => node.id === id);
    if (!found) throw new Error(`no ${id}`);
    return found;
  };
  const selection = new Set(nodes.map(({ id }) => id));
  const wait = (id: string, working: string[], all = observed(nodes, 'm0'), maxUnavailable = 5) =>
    whyWait(all, at(id, all), { selection, working: new Set(working), maxUnavailable });
  expect(wait('w0', [])).toBeNull();
  expect(wait('w0', ['w1'], undefined, 1)).toBe(
    'w1 of the selection is in maintenance, drained or not Ready, and 1 may be',
  );
  expect(wait('m1', ['m2'])).toBe('manager m2 is in maintenance: one at a time');
  expect(wait('m1', [], observed(nodes, undefined))).toMatch(/^no manager leads/);
  const oneDown = nodes.map((node) => ({ ...node, up: node.id !== 'm2' }));
  expect(wait('m1', [], observed(oneDown, 'm0'))).toBe(
    'without m1 1 of 3 managers would be reachable, 2 are needed',
  );
  expect(wait('m2', [], observed(oneDown, 'm0'))).toBeNull();
});

it('never takes more than allowed and never loses quorum, whatever else goes away and comes back', () => {
  const event = fc.record({
    kind: fc.constantFrom('take', 'take', 'restart', 'finish', 'dies', 'returns', 'drainedByHand'),
    which: fc.nat(20),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(3, 5, 7),
      fc.nat(3),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(1_023),
      fc.array(event, { maxLength: 60 }),
      (managers, workers, maxUnavailable, mask, events) => {
        const nodes = cluster(managers, workers);
        const selection = new Set(nodes.filter((_, at) => (mask >> at) % 2 === 1).map(({ id }) => id));
        const working = new Set<string>();
        for (const { kind, which } of events) {
          const node = nodes[which % nodes.length];
          if (!node) continue;
          const ours = [...nodes.filter(({ id }) => working.has(id))];
          if (kind === 'take') {
            const seen = observed(nodes, leaderOf(nodes));
            // In any order: the rule does not lean on whose turn it is.
            const next = seen.find(({ id }) => id === node.id && selection.has(id) && !working.has(id));
            if (!next || whyWait(seen, next, { selection, working, maxUnavailable })) continue;
            const taken = nodes.find(({ id }) => id === next.id);
            if (!taken) continue;
            working.add(taken.id);
            taken.drained = true;
            const away = observed(nodes, leaderOf(nodes)).filter(
              (one) => selection.has(one.id) && isUnavailable(one),
            );
            expect(away.length).toBeLessThanOrEqual(maxUnavailable);
          }
          // At any moment while they are in work, all those in work may be down at once.
          const worst = nodes.map((one) => (working.has(one.id) ? { ...one, up: false } : one));
          if (kind === 'take') expect(hasQuorum(worst)).toBe(true);
          if (kind === 'restart' && ours.length > 0) for (const one of ours) one.up = !one.up;
          if (kind === 'finish')
            for (const one of ours.slice(0, 1)) {
              one.up = true;
              one.drained = false;
              working.delete(one.id);
            }
          // What is not ours happens only where it leaves a majority itself: a loss that follows is the rule's.
          if (kind === 'dies' && !working.has(node.id)) {
            const without = worst.map((one) => (one.id === node.id ? { ...one, up: false } : one));
            if (hasQuorum(without)) node.up = false;
          }
          if (kind === 'returns' && !working.has(node.id)) node.up = true;
          if (kind === 'drainedByHand' && !working.has(node.id)) node.drained = true;
        }
      },
    ),
    { numRuns: 500 },
  );
});
