// A node and its host are matched by the node's id alone (docs/glossary.md).
import { useMemo } from 'react';
import { useLive } from '../live/live.tsx';
import type { LiveHost, LiveNode } from '../live/store.ts';

export const useHostOf = (): ((node: LiveNode) => LiveHost | undefined) => {
  const hosts = useLive((live) => live.hosts);
  return useMemo(() => {
    const byNode = new Map<string, LiveHost>();
    for (const host of hosts.values()) {
      const nodeId = host.swarm?.nodeId;
      // An engine that was enrolled anew stands behind the same node as its revoked host.
      if (nodeId && (host.status !== 'REVOKED' || !byNode.has(nodeId))) byNode.set(nodeId, host);
    }
    return (node) => byNode.get(node.id);
  }, [hosts]);
};
