// When engines were last seen not to answer, as their own agents report it: an engine that is started anew within a
// second shows nowhere else.
import type { Hosts } from '../hosts/registry.ts';

export type Away = {
  /** Whether the host's agent has reported since then that its engine does not answer. */
  since(hostId: string, moment: Date): boolean;
};

/** An agent that is not connected tells nothing: the server itself, or the network, may be what was away. */
export const createAway = (hosts: Hosts): Away => {
  const last = new Map<string, Date>();
  hosts.onChange(({ id, report, lastSeenAt }, before) => {
    // The report, not the connection, has to be new: an agent that comes back is not an engine that went away.
    if (report === null || report === before?.report || report.engineFailure === null || !lastSeenAt) return;
    last.set(id, lastSeenAt);
  });
  hosts.onRemove((id) => last.delete(id));
  return { since: (hostId, moment) => (last.get(hostId)?.getTime() ?? 0) >= moment.getTime() };
};
