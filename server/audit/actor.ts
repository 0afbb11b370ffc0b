// Who acted, as it stands on record.

/** PERSON: signed in; ANONYMOUS: without a valid key; AGENT: a host's agent; SYSTEM: the server itself; EXTERNAL: somebody without Skep. */
export type ActorKind = 'API_KEY' | 'PERSON' | 'AGENT' | 'SYSTEM' | 'EXTERNAL' | 'ANONYMOUS';
export type Actor = { kind: ActorKind; id: string; name: string };

/** The server on its own account, for example at its first start. */
export const system: Actor = { kind: 'SYSTEM', id: 'skep', name: 'Skep' };
/** Somebody who used the engine without Skep: Docker's events name nobody. */
export const external: Actor = { kind: 'EXTERNAL', id: 'external', name: 'outside Skep' };

/** One request: who, from where, under which id. */
export type Requester = { actor: Actor; requestId: string; sourceAddress: string | null };
