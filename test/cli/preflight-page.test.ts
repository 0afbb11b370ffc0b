// What a preflight found, as people read it: what is closed stands out.
import { expect, it } from 'vitest';
import type { ReadinessToldFragment } from '../../cli/generated/documents.ts';
import { closedWays, preflightPage } from '../../cli/preflight-page.ts';

const end = (name: string) => ({ id: `host_${name}`, name });
const link = (
  from: string,
  to: string,
  port: number | null,
  protocol: 'TCP' | 'UDP' | 'ESP',
  result: ReadinessToldFragment['links'][number]['result'],
) => ({ from: end(from), to: end(to), port, protocol, result, detail: null, needed: port !== null });

const readiness: ReadinessToldFragment = {
  ready: false,
  findings: [
    {
      severity: 'BLOCKS',
      code: 'PORT_BLOCKED',
      message: '7946/udp of host b (10.0.0.2) is FILTERED from a',
      hostId: 'host_b',
      remedy: 'open 7946/udp on host b for 10.0.0.1',
    },
    { severity: 'WARNS', code: 'MTU_DIFFERS', message: 'hosts differ', hostId: null, remedy: null },
  ],
  hosts: ['a', 'b'].map((name, index) => ({
    ...end(name),
    address: index === 0 ? '10.0.0.1' : null,
    dataPathAddress: '10.0.0.1',
    engineVersion: '28.5.1',
    apiVersion: '1.51',
    clockAheadMs: index === 0 ? -12 : null,
    mtu: 1_500,
  })),
  links: [
    link('a', 'b', 2_377, 'TCP', 'CLOSED'),
    link('a', 'b', 7_946, 'UDP', 'FILTERED'),
    link('a', 'b', null, 'ESP', 'UNTESTABLE'),
    link('b', 'a', 7_946, 'UDP', 'OPEN'),
  ],
};

it('lists the closed ways', () => {
  expect(closedWays(readiness)).toEqual(['a b 2377/tcp', 'a b 7946/udp']);
});

it('is a table of hosts, the matrix, and what to do', () => {
  expect(preflightPage(readiness)).toBe(
    `HOST   ADDRESS    DATA PATH   ENGINE   CLOCK          MTU
a      10.0.0.1   10.0.0.1    28.5.1   -12 ms ahead   1500
b      none       10.0.0.1    28.5.1                  1500

FROM   TO   2377/tcp   7946/udp   esp
a      b    CLOSED     FILTERED   untestable
b      a               open

BLOCKS PORT_BLOCKED: 7946/udp of host b (10.0.0.2) is FILTERED from a
  open 7946/udp on host b for 10.0.0.1
WARNS MTU_DIFFERS: hosts differ

Not fit for a swarm: see what BLOCKS. Ways that are closed: 2.`,
  );
});
