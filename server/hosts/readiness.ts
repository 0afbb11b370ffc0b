// What a preflight found: kept with its operation as it stands here.
import type { ProbeResult } from './probe-ports.ts';

/** BLOCKS: a join is refused, or would fail. WARNS: something will not work as it should. */
export const findingSeverities = ['BLOCKS', 'WARNS'] as const;

export type Finding = {
  severity: (typeof findingSeverities)[number];
  code: string;
  message: string;
  /** Id of the host that something is to be done on; null: of several, or of one without an agent. */
  hostId: string | null;
  /** What to do. */
  remedy: string | null;
};

export type ReadyHost = {
  id: string | null;
  name: string;
  address: string | null;
  dataPathAddress: string | null;
  engineVersion: string | null;
  apiVersion: string | null;
  clockAheadMs: number | null;
  /** Of the interface of the data path. */
  mtu: number | null;
};

/** Ends by their place in `hosts`: there may be ten thousand of these. */
export type ReadyLink = [
  from: number,
  to: number,
  port: number | null,
  protocol: 'tcp' | 'udp' | 'esp',
  result: ProbeResult,
  detail: string | null,
];

export type Readiness = {
  preflight: 1;
  hosts: ReadyHost[];
  links: ReadyLink[];
  findings: Finding[];
};

/** The readiness that an operation keeps, if it is a preflight that came so far. */
export const readinessOf = (report: unknown): Readiness | null =>
  report !== null && typeof report === 'object' && 'preflight' in report ? (report as Readiness) : null;
