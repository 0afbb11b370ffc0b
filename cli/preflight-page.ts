// What a preflight found, for people: the hosts, the matrix, what to do.
import type { ReadinessToldFragment } from './generated/documents.ts';
import { tableOf } from './print.ts';
import { inOneLine } from './printable.ts';

type Link = ReadinessToldFragment['links'][number];

/** `7946/udp`; ESP has no port. */
const wayOf = ({ port, protocol }: Link): string =>
  port === null ? protocol.toLowerCase() : `${port}/${protocol.toLowerCase()}`;

const isClosed = ({ result }: Link): boolean => result === 'CLOSED' || result === 'FILTERED';

/** Ways on which no answer came, each in a line. */
export const closedWays = ({ links }: ReadinessToldFragment): string[] =>
  links.filter(isClosed).map((link) => inOneLine(`${link.from.name} ${link.to.name} ${wayOf(link)}`));

/** What is closed is not to be overlooked. */
const cellOf = (link: Link | undefined): string => {
  if (!link) return '';
  return isClosed(link) ? link.result : link.result.toLowerCase();
};

const matrixOf = (links: readonly Link[]): string => {
  const ways = [...new Set(links.map(wayOf))];
  const directions = new Map<string, Link[]>();
  for (const link of links) {
    const key = `${link.from.id} ${link.to.id}`;
    directions.set(key, [...(directions.get(key) ?? []), link]);
  }
  return tableOf(
    ['FROM', 'TO', ...ways],
    [...directions.values()].map((of) => [
      of[0]?.from.name ?? '',
      of[0]?.to.name ?? '',
      ...ways.map((way) => cellOf(of.find((link) => wayOf(link) === way))),
    ]),
  );
};

export const preflightPage = (readiness: ReadinessToldFragment): string => {
  const { ready, hosts, links, findings } = readiness;
  const parts = [
    tableOf(
      ['HOST', 'ADDRESS', 'DATA PATH', 'ENGINE', 'CLOCK', 'MTU'],
      hosts.map(({ name, address, dataPathAddress, engineVersion, clockAheadMs, mtu }) => [
        name,
        address ?? 'none',
        dataPathAddress ?? 'none',
        engineVersion ?? '',
        clockAheadMs === null ? '' : `${clockAheadMs} ms ahead`,
        String(mtu ?? ''),
      ]),
    ),
  ];
  if (links.length > 0) parts.push(matrixOf(links));
  if (findings.length > 0)
    parts.push(
      findings
        .map(({ severity, code, message, remedy }) =>
          [
            `${severity} ${code}: ${inOneLine(message)}`,
            ...(remedy === null ? [] : [`  ${inOneLine(remedy)}`]),
          ].join('\n'),
        )
        .join('\n'),
    );
  const closed = closedWays(readiness).length;
  parts.push(
    [
      ready ? 'Nothing that was found blocks.' : 'Not fit for a swarm: see what BLOCKS.',
      ...(closed === 0 ? [] : [`Ways that are closed: ${closed}.`]),
    ].join(' '),
  );
  return parts.join('\n\n');
};
