// What a container finds in its secrets and configs, as far as tests need it: one that looks for a word and then ends.
import { isJsonObject, type JsonObject, objectAt, textAt, textsAt } from './json-fields.ts';
import type { Cluster, KeptObject } from './model.ts';

const keptFor = (kept: ReadonlyMap<string, KeptObject>, uses: unknown, id: string): KeptObject[] =>
  (Array.isArray(uses) ? uses : []).filter(isJsonObject).flatMap((use) => kept.get(textAt(use, id)) ?? []);

/** Whether its command is `grep -q WORD FILE && exit 1`, whatever follows, and a file that the swarm gives it has the word. */
export const endsByWhatItReads = (cluster: Cluster, spec: JsonObject): boolean => {
  const container = objectAt(spec, 'ContainerSpec');
  const [, word] = /grep -q (\w+) \S+ && exit 1/.exec(textsAt(container, 'Command').join(' ')) ?? [];
  if (word === undefined) return false;
  const files = [
    ...keptFor(cluster.keptSecrets, container.Secrets, 'SecretID'),
    ...keptFor(cluster.keptConfigs, container.Configs, 'ConfigID'),
  ];
  return files.some((kept) => Buffer.from(textAt(kept.spec, 'Data'), 'base64').includes(word));
};
