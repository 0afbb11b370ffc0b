// Subnets in CIDR notation: whether one is right, and whether two overlap.
import { BlockList, isIP, isIPv4 } from 'node:net';

const parse = (text: string): { address: string; length: number; family: 'ipv4' | 'ipv6' } | null => {
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  const length = Number(digits);
  if (version === 0 || length > (version === 4 ? 32 : 128)) return null;
  return { address, length, family: version === 4 ? 'ipv4' : 'ipv6' };
};

export const isCidr = (text: string): boolean => parse(text) !== null;

/** Whether the address, or the whole other subnet, lies in the subnet; false where one of them is not understood. */
export const isWithin = (subnet: string, inner: string): boolean => {
  const outer = parse(subnet);
  const other = parse(inner) ?? (isIP(inner) === 0 ? null : { address: inner, length: 128, family: null });
  if (outer === null || other === null || other.length < outer.length) return false;
  const family = isIPv4(other.address) ? 'ipv4' : 'ipv6';
  if (family !== outer.family) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.length, outer.family);
  return list.check(other.address, family);
};

/** Two subnets overlap when the larger one holds the smaller one. */
export const overlap = (a: string, b: string): boolean => isWithin(a, b) || isWithin(b, a);
