// How the engine reads ListenAddr, AdvertiseAddr and RemoteAddrs.
import { isIPv4, isIPv6 } from 'node:net';
import { ApiError } from './api-error.ts';
import type { Engine } from './model.ts';

const split = (text: string): { host: string; port: string } => {
  const [, host = '', port = '2377'] = /^(?:tcp:\/\/)?\[?([^\]]*?)\]?(?::(\d+))?$/.exec(text) ?? [];
  return { host, port };
};

const INTERFACES = new Set(['eth0', 'lo']);

/**
 * Checks `ListenAddr` and returns it with its port.
 * @throws ApiError 400 for what is no address, 500 for one that is not this machine's
 */
export const listenAddress = (engine: Engine, text: string): string => {
  if (text === '') throw new ApiError(400, 'invalid ListenAddr "": invalid empty address');
  const { host, port } = split(text);
  const address = INTERFACES.has(host) ? engine.address : host;
  if (!isIPv4(address) && !isIPv6(address)) {
    throw new ApiError(
      400,
      'listen address must be an IP address or network interface (with optional port number)',
    );
  }
  if (!['0.0.0.0', '::', '127.0.0.1', engine.address].includes(address)) {
    throw new ApiError(
      500,
      `manager stopped: failed to listen on remote API address: listen tcp ${address}:${port}: bind: cannot assign requested address`,
    );
  }
  return `${address}:${port}`;
};

/**
 * The address to advertise, without its port; the engine's own where none is given.
 * @throws ApiError 400 for what is neither an address nor an interface
 */
export const advertiseAddress = (engine: Engine, text: string): string => {
  const { host } = split(text);
  if (text === '' || host === 'eth0') return engine.address;
  if (host === 'lo') return '127.0.0.1';
  if ((isIPv4(host) || isIPv6(host)) && host !== '0.0.0.0') return host;
  throw new ApiError(
    400,
    'advertise address must be a non-zero IP address or network interface (with optional port number)',
  );
};

/** Host and port of a `RemoteAddrs` item. */
export const remoteAddress = split;
