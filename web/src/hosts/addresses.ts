// Which of a host's addresses others may reach it by: to choose from; the server judges what was chosen.
import type { LiveHost } from '../live/store.ts';

/** Neither loopback nor of one link; those of Docker's own bridges come last. */
export const ownAddresses = ({ addresses }: LiveHost): LiveHost['addresses'] => {
  const isDockers = (name: string) => /^(docker|br-|veth)/.test(name);
  return addresses
    .filter(({ address }) => !/^(127\.|169\.254\.|::1$|fe[89ab])/i.test(address))
    .toSorted((a, b) => Number(isDockers(a.interface)) - Number(isDockers(b.interface)));
};
