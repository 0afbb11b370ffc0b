// The HTTP hooks that the server's configuration names. A caller knows names, never addresses; nor does any record.
import { Failure } from '../platform/failure.ts';

/** What a hook is told. */
export type HookCall = {
  operation: string;
  cluster: string;
  node: { id: string; hostname: string; role: string };
  /** Its host in Skep; null: none is enrolled. */
  host: { id: string; name: string } | null;
};

export type Hooks = {
  names: readonly string[];
  /**
   * Posts the call as JSON and waits for the answer.
   * @param key the same each time that the same call is made, also after a restart: `Idempotency-Key`.
   * @returns the HTTP status, 2xx.
   * @throws Failure HOOK_FAILED for any other status, no answer in time, or no connection; `signal`'s reason.
   */
  call(name: string, key: string, call: HookCall, signal: AbortSignal): Promise<number>;
};

export const createHooks = ({
  addresses,
  timeoutSeconds,
}: {
  addresses: ReadonlyMap<string, string>;
  timeoutSeconds: number;
}): Hooks => ({
  names: [...addresses.keys()],
  call: async (name, key, call, signal) => {
    const address = addresses.get(name);
    const failed = (why: string): Failure =>
      new Failure(
        'HOOK_FAILED',
        `hook ${name} ${why}: ${call.node.hostname} stays in drain`,
        'look at the hook, then set the node ACTIVE or repeat',
      );
    if (address === undefined) throw failed('is no longer in the server’s configuration');
    const late = AbortSignal.timeout(timeoutSeconds * 1_000);
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(call),
      redirect: 'manual',
      signal: AbortSignal.any([signal, late]),
    }).catch(() => {
      signal.throwIfAborted();
      // The error may name the address.
      throw failed(late.aborted ? `gave no answer in ${timeoutSeconds} seconds` : 'could not be reached');
    });
    await response.body?.cancel().catch(() => undefined);
    if (!response.ok) throw failed(`answered ${response.status}`);
    return response.status;
  },
});
