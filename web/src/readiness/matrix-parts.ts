// The links of a preflight as a matrix: which ports stand in which order in each cell, and what a result looks like.
import type { ReadinessOfQuery } from '../../generated/documents.ts';
import { words } from '../parts/words.ts';

export type Readiness = NonNullable<NonNullable<ReadinessOfQuery['operation']>['readiness']>;
export type ReadinessLink = Readiness['links'][number];

/** `7946/udp`, `ESP`. */
export const portOf = ({ port, protocol }: ReadinessLink): string =>
  port === null ? protocol : `${port}/${protocol.toLowerCase()}`;

/** Hosts of an address that is shared are told apart by their id; one that was named without any has its name alone. */
export const keyOf = ({ id, name }: { id: string | null; name: string }): string => id ?? name;

const pairKey = (from: string, to: string): string => `${from} → ${to}`;

/** Ports in the order of all cells, and the links of each pair by port. */
export const matrixOf = (links: Readiness['links']) => {
  const ports = [...new Set(links.map(portOf))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const pairs = new Map<string, Map<string, ReadinessLink>>();
  for (const link of links) {
    const key = pairKey(keyOf(link.from), keyOf(link.to));
    const pair = pairs.get(key) ?? new Map<string, ReadinessLink>();
    pair.set(portOf(link), link);
    pairs.set(key, pair);
  }
  return { ports, pair: (from: string, to: string) => pairs.get(pairKey(from, to)) };
};

/** A shade that black text is read on, in both schemes; a result that is not known yet is grey. */
const shades: Record<string, string> = {
  OPEN: 'var(--mantine-color-green-3)',
  CLOSED: 'var(--mantine-color-red-3)',
  FILTERED: 'var(--mantine-color-orange-3)',
  UNTESTABLE: 'var(--mantine-color-gray-4)',
};
export const shadeOf = (result: string): string => shades[result] ?? 'var(--mantine-color-gray-4)';

export const linkWords = (link: ReadinessLink): string =>
  `${portOf(link)} ${words(link.result)}${link.needed ? ', needed' : ''}${link.detail ? `: ${link.detail}` : ''}`;
