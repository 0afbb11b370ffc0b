// Closing ports of a lab host with iptables, in its own network namespace.
import { execFileSync } from 'node:child_process';
import type { LabHost } from '../../lab/host.ts';

export type ClosedPort = {
  /** The address that is kept out. */
  from: string;
  port: number;
  protocol: 'tcp' | 'udp';
  /** DROP: no answer. REJECT: refused. */
  how: 'DROP' | 'REJECT';
};

/** Null: ports can be closed on this machine. */
export const whyNoFirewall = (): string | null => {
  try {
    execFileSync('unshare', ['--net', 'iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '1', '-j', 'DROP'], {
      stdio: 'pipe',
    });
    return null;
  } catch (error) {
    return `iptables does not work here: ${error instanceof Error ? error.message.split('\n')[0] : ''}`;
  }
};

/** @returns opens it again. */
export const closePort = async (
  { netns }: LabHost,
  { from, port, protocol, how }: ClosedPort,
): Promise<() => Promise<void>> => {
  if (netns === undefined) throw new Error('a simulated host has no ports');
  const change = (act: '-A' | '-D'): void => {
    const answer = how === 'REJECT' && protocol === 'tcp' ? ['--reject-with', 'tcp-reset'] : [];
    const rule = ['INPUT', '-s', from, '-p', protocol, '--dport', String(port), '-j', how, ...answer];
    execFileSync('nsenter', [`--net=${netns}`, 'iptables', act, ...rule], { stdio: 'pipe' });
  };
  change('-A');
  return async () => change('-D');
};
