// A fleet document, read: every key known, every value as the mutations take it; else the line and what is allowed.
import type { Failure } from '../platform/failure.ts';
import type { FleetDocument, NetworkEntry, NodeEntry, ServiceEntry } from './document.ts';
import {
  documentSchema,
  documentShape,
  documentVersion,
  type JsonSchema,
  labelLists,
} from './document-shape.ts';
import { type Path, type Read, readText, wrongAt } from './text.ts';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unknownKey = (read: Read, path: Path, allowed: readonly string[]): Failure =>
  path[0] === 'services' && path.length === 3 && path[2] === 'env'
    ? wrongAt(
        read,
        path,
        'values of an environment are secrets, and a fleet document is kept',
        'use secrets or configs, or set env with updateService: an apply leaves it alone',
      )
    : wrongAt(read, path, 'is not known', `allowed here: ${allowed.join(', ')}`);

/** The value with words of enums as the mutations write them. @throws Failure for a key that is not known */
const known = (read: Read, schema: JsonSchema | undefined, value: unknown, path: Path): unknown => {
  const fits = schema?.anyOf ?? (schema ? [schema] : []);
  if (Array.isArray(value)) {
    const items = fits.find(({ type }) => type === 'array')?.items;
    return value.map((each, at) => known(read, items, each, [...path, at]));
  }
  if (isObject(value)) {
    const properties = fits.find(({ type }) => type === 'object')?.properties;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => {
        const at = [...path, key];
        if (properties && !Object.hasOwn(properties, key))
          throw unknownKey(read, at, Object.keys(properties));
        if (key === '__proto__') throw wrongAt(read, at, 'is no key');
        return [key, known(read, properties?.[key], each, at)];
      }),
    );
  }
  if (typeof value !== 'string') return value;
  const word = value.toUpperCase().replaceAll('-', '_');
  return fits.some((one) => one.enum?.includes(word)) ? word : value;
};

/** Labels that are written as a map become the list that mutations take. */
const withLabelLists = (read: Read, entry: unknown, path: Path): unknown => {
  if (!isObject(entry)) return entry;
  const lists = labelLists.flatMap((name) => {
    const map = entry[name];
    if (!isObject(map)) return [];
    const list = Object.entries(map).map(([key, value]) => {
      if (typeof value !== 'string')
        throw wrongAt(read, [...path, name, key], 'is no text: put it in quotes');
      return { key, value };
    });
    return [[name, list]];
  });
  return { ...entry, ...Object.fromEntries(lists) };
};

/** Networks or services as createNetwork and createService take them. */
const inputsOf = (read: Read, value: Json, name: string): unknown =>
  Array.isArray(value[name])
    ? value[name].map((entry: unknown, at) => withLabelLists(read, entry, [name, at]))
    : value[name];

const assertVersion = (read: Read): void => {
  const version = isObject(read.value) ? read.value.skepFleet : undefined;
  if (version === documentVersion) return;
  throw wrongAt(
    read,
    version === undefined ? [] : ['skepFleet'],
    version === undefined ? 'has no skepFleet' : 'is a version that is not known',
    `skepFleet: ${documentVersion} is the version of the document`,
  );
};

const assertOnce = (read: Read, list: string, names: readonly string[]): void => {
  for (const [at, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first < at)
      throw wrongAt(read, [list, at], `names ${name} again, as line ${read.lineOf([list, first])} does`);
  }
};

/** @throws Failure BAD_USER_INPUT with the line and the path */
export const parseDocument = (text: string): FleetDocument => {
  const read = readText(text);
  assertVersion(read);
  const fitted = known(read, documentSchema(), read.value, []) as Json;
  const networks = inputsOf(read, fitted, 'networks');
  const services = inputsOf(read, fitted, 'services');
  const parsed = documentShape.safeParse({ ...fitted, networks, services });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const isUnquoted = /expected string, received (number|boolean)/.test(issue?.message ?? '');
    throw wrongAt(
      read,
      (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part)),
      isUnquoted ? 'is no text: put it in quotes' : (issue?.message ?? 'is not valid'),
    );
  }
  const { cluster, nodes, dataPathPort, defaultAddrPool, subnetSize, ...found } = parsed.data;
  assertOnce(
    read,
    'networks',
    found.networks.map(({ name }) => name),
  );
  assertOnce(
    read,
    'services',
    found.services.map(({ name }) => name),
  );
  if (!nodes.some(({ role }) => role === 'MANAGER'))
    throw wrongAt(read, ['nodes'], 'names no manager', 'a cluster needs one; three outlive the loss of one');
  const inputs = (list: unknown): Json[] => (Array.isArray(list) ? list : []);
  return {
    cluster,
    init: { dataPathPort, defaultAddrPool, subnetSize },
    nodes: nodes.map(({ match, labels, ...entry }, at): NodeEntry => {
      const all = Object.entries(labels ?? {});
      return {
        ...entry,
        line: read.lineOf(['nodes', at]),
        match: match && { name: match.name, engineLabels: match.engineLabels ?? {} },
        labels: all.flatMap(([key, value]) => (value === null ? [] : [{ key, value }])),
        withoutLabels: all.flatMap(([key, value]) => (value === null ? [key] : [])),
      };
    }),
    networks: found.networks.map(
      (wanted, at): NetworkEntry => ({
        line: read.lineOf(['networks', at]),
        name: wanted.name,
        input: inputs(networks)[at] ?? {},
        wanted,
      }),
    ),
    services: found.services.map(({ deadlineSeconds: _, name, ...wanted }, at): ServiceEntry => {
      const input = inputs(services)[at] ?? {};
      return {
        line: read.lineOf(['services', at]),
        name,
        input,
        wanted: { ...wanted, mode: input.mode == null ? null : wanted.mode },
      };
    }),
  };
};
