// What the demo shows at its end: the nodes and the audit trail, as tables.
import type { Ask } from './client.ts';
import { printTable } from './print-table.ts';

type Edges<Node> = { edges: { node: Node }[] };
type NodeRow = {
  hostname: string;
  availability: string;
  status: { state: string };
  managerStatus: { leader: boolean; reachability: string } | null;
  labels: { key: string; value: string }[];
  engineVersion: string;
};
type ClusterAnswer = {
  cluster: { state: string; quorum: { managers: number; tolerates: number }; nodes: Edges<NodeRow> };
};
type AuditRow = {
  action: string;
  outcome: string;
  reason: string | null;
  actor: { name: string };
  targets: { name: string }[];
};
type AuditAnswer = { auditLog: Edges<AuditRow>; verifyAudit: { ok: boolean; checked: number } };

/** Prints the cluster's nodes as `docker node ls` has them. */
export const showNodes = async (ask: Ask, id: string, say: (line: string) => void): Promise<void> => {
  const { cluster } = await ask<ClusterAnswer>(
    'query($id: ID!) { cluster(id: $id) { state quorum { managers tolerates } nodes { edges { node { hostname availability status { state } managerStatus { leader reachability } labels { key value } engineVersion } } } } }',
    { id },
  );
  const { managers, tolerates } = cluster.quorum;
  say(`\nThe cluster is ${cluster.state}; managers: ${managers}, of which ${tolerates} can be lost.`);
  printTable(
    ['node', 'status', 'availability', 'manager status', 'engine', 'labels'],
    cluster.nodes.edges.map(({ node }) => [
      node.hostname,
      node.status.state,
      node.availability,
      node.managerStatus?.leader ? 'LEADER' : (node.managerStatus?.reachability ?? ''),
      node.engineVersion,
      node.labels.map(({ key, value }) => (value === '' ? key : `${key}=${value}`)).join(' '),
    ]),
    say,
  );
};

/** Prints who did what to the cluster, the oldest first, and whether the history is whole. */
export const showAudit = async (ask: Ask, cluster: string, say: (line: string) => void): Promise<void> => {
  const { auditLog, verifyAudit } = await ask<AuditAnswer>(
    'query($cluster: ID!) { auditLog(first: 100, filter: { cluster: $cluster, phase: [OUTCOME] }) { edges { node { action outcome reason actor { name } targets { name } } } } verifyAudit { ok checked } }',
    { cluster },
  );
  say('\nThe audit trail: who did what, to what, what came of it, and why.');
  printTable(
    ['who', 'what', 'target', 'outcome', 'reason'],
    auditLog.edges
      .map(({ node }) => [
        node.actor.name,
        node.action,
        node.targets.map(({ name }) => name).join(', '),
        node.outcome,
        node.reason ?? '',
      ])
      .reverse(),
    say,
  );
  const verdict = verifyAudit.ok ? 'none was changed' : 'THE CHAIN IS BROKEN';
  say(`Records in all: ${verifyAudit.checked}, each with the hash of the one before; ${verdict}.`);
};
