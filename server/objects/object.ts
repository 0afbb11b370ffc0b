// A service, network, secret or config as the watcher keeps it and as events tell of it. swarmkit calls them, and nodes,
// objects (api/objects.proto).
export const objectKinds = ['SERVICE', 'NETWORK', 'SECRET', 'CONFIG'] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** What events tell: plain JSON, and never a value of an environment, a secret or a config. */
export type Told = Readonly<Record<string, unknown>> & {
  clusterId: string;
  id: string;
  name: string;
  /** Docker's Version.Index; 0 where there is none: networks are never changed. */
  version: number;
};

export const isObjectKind = (word: string): word is ObjectKind =>
  (objectKinds as readonly string[]).includes(word);
