// What a fleet document may say: made of what the mutations take, so that the two never differ.
import * as z from 'zod';
import { clusterName, swarmParts } from '../clusters/init.ts';
import { joinAddressParts } from '../membership/join.ts';
import { createNetworkParts } from '../networks/create.ts';
import { labelKey } from '../nodes/labels.ts';
import { createServiceParts, replicasFitMode, replicasMisfit } from '../services/create.ts';

/** The one version of the schema that there is. */
export const documentVersion = 1;

const optional = <T extends z.ZodType>(shape: T) => shape.nullish().transform((value) => value ?? null);
const ref = z.string().trim().min(1, 'is empty').max(255);

const match = z
  .object({
    name: optional(ref).describe('Of the host; * stands for any characters.'),
    engineLabels: optional(z.record(z.string(), z.string())).describe(
      'Labels of the host’s engine (dockerd --label).',
    ),
  })
  .refine(({ name, engineLabels }) => name !== null || Object.keys(engineLabels ?? {}).length > 0, {
    message: 'fits every host: give name or engineLabels; name "*" for every one',
  });

const node = z
  .object({
    host: optional(ref).describe('One host, by name or id. It counts more than match.'),
    match: optional(match).describe('Every enrolled host that has all of this.'),
    role: z.enum(['MANAGER', 'WORKER']),
    availability: optional(z.enum(['ACTIVE', 'PAUSE', 'DRAIN'])).transform((value) => value ?? 'ACTIVE'),
    labels: optional(z.record(labelKey, z.string().max(4_096).nullable())).describe(
      'Of the node. Null: is not to be there. Labels that are not named are left alone.',
    ),
    ...joinAddressParts,
  })
  .refine(({ host, match: fitting }) => (host === null) !== (fitting === null), {
    message: 'names hosts by host or by match, by one of the two',
  });

const service = z.object(createServiceParts).refine(replicasFitMode, replicasMisfit);

export const documentShape = z.object({
  skepFleet: z.literal(documentVersion).describe('The version of this schema.'),
  cluster: clusterName.describe('By name or id. Made on the first manager where there is none of that name.'),
  ...swarmParts,
  nodes: z.array(node).min(1, 'names no host').max(1_000),
  networks: optional(z.array(createNetworkParts).max(500)).transform((list) => list ?? []),
  services: optional(z.array(service).max(500)).transform((list) => list ?? []),
});

/** As far as it is used here; the values are JSON Schema’s. */
export type JsonSchema = {
  type?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  additionalProperties?: unknown;
};

const labelMap: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };
/** Lists of key and value may be written as a map. */
export const labelLists = ['labels', 'containerLabels'] as const;

const withMaps = (list: JsonSchema | undefined): void => {
  const properties = list?.anyOf?.find(({ type }) => type === 'array')?.items?.properties ?? {};
  for (const name of labelLists)
    if (properties[name]) properties[name] = { anyOf: [labelMap, properties[name]] };
};

/** What a caller may write, as JSON Schema. Unknown keys are refused by it. */
const makeSchema = (): JsonSchema => {
  const schema = z.toJSONSchema(documentShape, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.properties) jsonSchema.additionalProperties = false;
    },
  }) as JsonSchema;
  withMaps(schema.properties?.networks);
  withMaps(schema.properties?.services);
  return schema;
};

let made: JsonSchema | null = null;
/** Made when a document is read first: it takes longer than a server should to start. */
export const documentSchema = (): JsonSchema => {
  made ??= makeSchema();
  return made;
};

const kebab = (word: string): string => word.toLowerCase().replaceAll('_', '-');

/** `docs/fleet.schema.json`, for editors: words of enums may be written small, too. */
export const publishedSchema = (): object =>
  JSON.parse(JSON.stringify(documentSchema()), (key, value) =>
    key === 'enum' && Array.isArray(value)
      ? [...value, ...value.flatMap((word) => (typeof word === 'string' ? [kebab(word)] : []))]
      : value,
  );
