// Wires the hosts of a lab: one bridge in a namespace of its own, one cable from it to each host.
import { addNetns, netnsPath } from './net-namespaces.ts';
import { runCommand } from './run-command.ts';

/** The lab's bridge: the namespace that holds it and the engine root whose `ip` program is used (none on the machine is). */
export interface LabSwitch {
  netnsName: string;
  root: string;
}

/**
 * Runs a shell script of `ip` lines from an engine root, in a named network namespace. The machine's /run is bound into
 * the root for that time and that process only, because `ip` finds other namespaces by name in /run/netns.
 */
function inNetwork(netnsName: string, root: string, script: string): Promise<string> {
  const enter = 'mount --rbind /run "$1/run"; exec chroot "$1" sh -euc "$2"';
  const program = ['unshare', '--mount', 'sh', '-euc', enter, 'in-network', root, script];
  return runCommand('nsenter', [`--net=${netnsPath(netnsName)}`, ...program]);
}

/** Makes the namespace and the bridge in it, which itself has `address` (a /24), so that a server can stand there. */
export async function addSwitch({ netnsName, root }: LabSwitch, address: string): Promise<void> {
  await addNetns(netnsName);
  await inNetwork(
    netnsName,
    root,
    `ip link set lo up; ip link add br0 type bridge; ip addr add ${address}/24 dev br0; ip link set br0 up`,
  );
}

/** Plugs a host in: `eth0` in its namespace, with `address` in a /24 and no default route. */
export async function plugIn(
  lab: LabSwitch,
  host: { index: number; netnsName: string; address: string },
): Promise<void> {
  const port = `p${host.index}`;
  await inNetwork(
    lab.netnsName,
    lab.root,
    // The port of a host that was powered off goes away with its namespace, which the kernel ends a little later.
    `ip link del ${port} 2> /dev/null || true
     ip link add ${port} type veth peer name eth0 netns ${host.netnsName}; ip link set ${port} master br0 up`,
  );
  await inNetwork(
    host.netnsName,
    lab.root,
    `ip link set lo up; ip addr add ${host.address}/24 dev eth0; ip link set eth0 up`,
  );
}

/** Pulls (`down`) or plugs (`up`) the network cable of a host; its local socket goes on working. */
export async function setCable(lab: LabSwitch, index: number, state: 'up' | 'down'): Promise<void> {
  await inNetwork(lab.netnsName, lab.root, `ip link set p${index} ${state}`);
}

/** Takes the cable of a host away for good. */
export async function unplug(lab: LabSwitch, index: number): Promise<void> {
  await inNetwork(lab.netnsName, lab.root, `ip link del p${index} 2> /dev/null || true`);
}
