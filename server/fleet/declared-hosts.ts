// Which host is declared how: entries that name a host count, and for the others those that fit.
import type { Host } from '../hosts/host.ts';
import { Failure } from '../platform/failure.ts';
import type { FleetDocument, NodeEntry } from './document.ts';

export type DeclaredHost = { host: Host; entry: NodeEntry };

/** Whether a text has the parts between the stars, in their order. */
export const fitsPattern = (pattern: string, text: string): boolean => {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
};

const fitsHost = ({ match }: NodeEntry, { name, report }: Host): boolean =>
  match !== null &&
  (match.name === null || fitsPattern(match.name, name)) &&
  Object.entries(match.engineLabels).every(([key, value]) =>
    report?.engine?.labels.includes(`${key}=${value}`),
  );

const contradiction = (one: NodeEntry, other: NodeEntry): string | null => {
  for (const part of ['role', 'availability', 'advertiseAddr', 'listenAddr', 'dataPathAddr'] as const)
    if (one[part] !== other[part]) return part;
  const valueIn = ({ labels, withoutLabels }: NodeEntry, key: string): string | null | undefined =>
    withoutLabels.includes(key) ? null : labels.find((label) => label.key === key)?.value;
  const keys = [...one.labels.map(({ key }) => key), ...one.withoutLabels];
  const differs = keys.find((key) => {
    const [value, otherValue] = [valueIn(one, key), valueIn(other, key)];
    return otherValue !== undefined && value !== otherValue;
  });
  return differs === undefined ? null : `labels.${differs}`;
};

const together = (host: Host, one: NodeEntry, other: NodeEntry): NodeEntry => {
  const wrong = contradiction(one, other);
  if (wrong)
    throw new Failure(
      'BAD_USER_INPUT',
      `document: lines ${one.line} and ${other.line} both fit host ${host.name}, and differ in ${wrong}`,
      'give the host an entry of its own by host: it counts more than match',
    );
  const labels = new Map([...one.labels, ...other.labels].map((label) => [label.key, label]));
  return {
    ...one,
    labels: [...labels.values()],
    withoutLabels: [...new Set([...one.withoutLabels, ...other.withoutLabels])],
  };
};

const namedHost = (hosts: readonly Host[], { host: ref, line }: NodeEntry): Host => {
  const found = hosts.find(({ id }) => id === ref) ?? hosts.find(({ name }) => name === ref);
  if (!found)
    throw new Failure('NOT_FOUND', `no host ${ref}, which line ${line} of the document names`, 'list hosts');
  return found;
};

/**
 * In the order of the document, and by name where an entry fits several.
 * @param hosts by name
 * @throws Failure NOT_FOUND of a host, BAD_USER_INPUT
 */
export const declaredHosts = ({ nodes }: FleetDocument, hosts: readonly Host[]): readonly DeclaredHost[] => {
  const named = new Map<string, NodeEntry>();
  for (const entry of nodes.filter(({ host }) => host !== null)) {
    const { id, name } = namedHost(hosts, entry);
    const earlier = named.get(id);
    if (earlier)
      throw new Failure(
        'BAD_USER_INPUT',
        `document: line ${entry.line} names host ${name} again, as line ${earlier.line} does`,
        'name each host once',
      );
    named.set(id, entry);
  }
  const found = new Map<string, DeclaredHost>();
  for (const entry of nodes)
    for (const host of hosts) {
      const own = named.get(host.id);
      if (own === entry) found.set(host.id, { host, entry });
      if (own || !fitsHost(entry, host)) continue;
      const earlier = found.get(host.id)?.entry;
      found.set(host.id, { host, entry: earlier ? together(host, earlier, entry) : entry });
    }
  return [...found.values()];
};
