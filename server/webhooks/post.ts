// One POST to a receiver: no redirect is followed, and nothing of the answer is kept but its status, for it may hold anything.
import { lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Why no status came; `meaning` for whoever reads the log of deliveries. */
export const postErrors = {
  TIMEOUT: 'No answer came in time.',
  REFUSED: 'The connection was refused.',
  NAME_UNKNOWN: 'The name of the receiver was not found.',
  TLS: 'The certificate of the receiver was not accepted, or TLS failed in another way.',
  BLOCKED_ADDRESS: 'The address is link-local, which SKEP_WEBHOOK_LINK_LOCAL does not allow.',
  BROKEN: 'The connection broke, or could not be made.',
  KEY_CHANGED: 'The address or the secret was sealed by another key than the server has now.',
} as const;
export type PostError = keyof typeof postErrors;

/** `status` null: none came, and `error` says why. */
export type Posted = { status: number | null; error: PostError | null; durationMs: number };
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<Posted>;

/** Where clouds answer any program of the machine with the machine’s credentials. */
const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');

export const isLinkLocal = (address: string): boolean => {
  const version = isIP(address);
  return version !== 0 && linkLocal.check(address, version === 4 ? 'ipv4' : 'ipv6');
};

class Blocked extends Error {}

/** Looked at when it is resolved for this very connection: a name may lead elsewhere a moment later. */
const lookupAllowed: LookupFunction = (hostname, options, callback) =>
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    const refusal =
      error ?? (addresses.some(({ address }) => isLinkLocal(address)) ? new Blocked('link-local') : null);
    if (refusal || !first) callback(refusal ?? new Error('no address'), '', 4);
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });

const errorOf = (error: unknown): PostError => {
  if (error instanceof Blocked) return 'BLOCKED_ADDRESS';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'REFUSED';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'NAME_UNKNOWN';
  return /CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code) ? 'TLS' : 'BROKEN';
};

/** @param linkLocalAllowed see SKEP_WEBHOOK_LINK_LOCAL. */
export const createPost =
  ({ timeoutMs, linkLocalAllowed }: { timeoutMs: number; linkLocalAllowed: boolean }): Post =>
  (address, headers, body, signal) => {
    const began = performance.now();
    const url = new URL(address);
    const late = AbortSignal.timeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const ended = (status: number | null, error: PostError | null): void =>
        resolve({ status, error, durationMs: Math.round(performance.now() - began) });
      const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
      if (!linkLocalAllowed && isLinkLocal(literal)) return ended(null, 'BLOCKED_ADDRESS');
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          agent: false,
          signal: AbortSignal.any([signal, late]),
          ...(!linkLocalAllowed && { lookup: lookupAllowed }),
        },
        (response) => {
          ended(response.statusCode ?? null, response.statusCode === undefined ? 'BROKEN' : null);
          response.destroy();
        },
      );
      request.on('error', (error) => {
        if (signal.aborted) reject(signal.reason);
        else ended(null, late.aborted ? 'TIMEOUT' : errorOf(error));
      });
      request.end(body);
    });
  };
