// The MTU of each network interface of this host.
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** An interface and the largest packet that it sends, in bytes. */
export interface InterfaceMtu {
  readonly name: string;
  readonly mtu: number;
}

// /proc/sys/net is of the network namespace that asks, /sys of the one that it was mounted in: they differ for an agent
// that was put into another one. The first is absent where IPv6 is turned off.
const places = (name: string): readonly string[] => [
  `/proc/sys/net/ipv6/conf/${name}/mtu`,
  `/sys/class/net/${name}/mtu`,
];

/** Those that have an address; one whose MTU cannot be read is left out. */
export function readInterfaceMtus(): InterfaceMtu[] {
  return Object.keys(networkInterfaces()).flatMap((name) => {
    for (const place of places(name)) {
      const mtu = readNumber(place);
      if (mtu !== undefined) return [{ name, mtu }];
    }
    return [];
  });
}

function readNumber(file: string): number | undefined {
  try {
    const value = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(value) && value > 0 ? value : undefined;
  } catch {
    return undefined;
  }
}
