// Which address of a host others reach it by: as somebody wrote it, or the only one that it can be.
import { isIP } from 'node:net';
import type { Report } from './host.ts';

type Address = Report['addresses'][number];

/** An IP or interface without its port. */
export const bareAddress = (text: string): string =>
  /^\[(.*)\](:\d+)?$/.exec(text)?.[1] ?? (text.split(':').length === 2 ? (text.split(':')[0] ?? text) : text);

/** IPv4 addresses that others could reach it by: not loopback, and not of Docker's own bridges. */
export const candidateAddresses = ({ addresses }: Report): Address[] =>
  addresses.filter(
    ({ address, interface: name }) =>
      address.includes('.') && !address.startsWith('127.') && !/^(docker|br-|veth)/.test(name),
  );

/** The one address that others can reach it by, where there is one. Docker refuses too when it is not clear. */
export const onlyAddress = (report: Report): string | null => {
  const found = candidateAddresses(report);
  return found.length === 1 ? (found[0]?.address ?? null) : null;
};

/** The IP address that is meant, of an interface its first; null: no address, and no interface of this host. */
export const addressMeant = (report: Report, wanted: string): string | null => {
  const bare = bareAddress(wanted);
  if (isIP(bare)) return bare;
  const own = report.addresses.filter(({ interface: name }) => name === bare);
  return (own.find(({ address }) => address.includes('.')) ?? own[0])?.address ?? null;
};

/** Names no single host: all addresses, this machine itself, or one link. */
export const isUnusable = (address: string): boolean =>
  /^(0\.0\.0\.0|::|::1|127\..*|169\.254\..*|fe[89ab].*)$/i.test(address);

const bitsOf = (address: string): number =>
  address.split('.').reduce((bits, part) => bits * 256 + Number(part), 0);

/** The host's own IPv4 address in the network of another one; null: none is. */
export const addressBeside = (report: Report, other: string): string | null =>
  candidateAddresses(report).find(
    ({ address, prefixLength }) =>
      prefixLength > 0 &&
      Math.floor(bitsOf(address) / 2 ** (32 - prefixLength)) ===
        Math.floor(bitsOf(other) / 2 ** (32 - prefixLength)),
  )?.address ?? null;
