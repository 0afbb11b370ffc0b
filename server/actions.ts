// Every action there is, each with the parts that it needs: what the one door for change can do.
import { createApiKeyAction, createSignInLinkAction, revokeApiKeyAction } from './access/actions.ts';
import type { ApiKeys } from './access/api-keys.ts';
import type { Holders } from './access/holders.ts';
import type { Persons } from './access/persons.ts';
import { revokeSessionAction } from './access/revoke-session.ts';
import type { Sessions } from './access/sessions.ts';
import type { Tickets } from './access/tickets.ts';
import type { SealHistory } from './audit/seal-history.ts';
import { adoptClusterAction, forgetClusterAction, renameClusterAction } from './clusters/adopt.ts';
import type { Discover } from './clusters/discover.ts';
import { initClusterAction } from './clusters/init.ts';
import { rotateCaAction } from './clusters/rotate-ca.ts';
import { revealJoinTokenAction, rotateJoinTokenAction } from './clusters/tokens.ts';
import { revealUnlockKeyAction, rotateUnlockKeyAction } from './clusters/unlock-key.ts';
import { updateClusterAction } from './clusters/update.ts';
import type { ApplyFleetParts } from './fleet/apply.ts';
import { applyFleetAction } from './fleet/apply.ts';
import { forgetFleetAction } from './fleet/forget.ts';
import {
  createEnrolmentAction,
  forgetHostAction,
  releaseHostAction,
  renameHostAction,
  revokeHostAction,
} from './hosts/actions.ts';
import type { Enrolments } from './hosts/enrolments.ts';
import { preflightAction } from './hosts/preflight.ts';
import type { MaintenanceParts } from './maintenance/parts.ts';
import { rollMaintenanceAction } from './maintenance/roll.ts';
import {
  pauseMaintenanceAction,
  proceedMaintenanceAction,
  resumeMaintenanceAction,
} from './maintenance/steer.ts';
import { decommissionNodesAction } from './membership/decommission.ts';
import { dissolveClusterAction } from './membership/dissolve.ts';
import type { MembershipParts } from './membership/join.ts';
import { joinHostsAction } from './membership/join.ts';
import { leaveSwarmAction } from './membership/leave.ts';
import { recoverClusterAction } from './membership/recover.ts';
import { removeNodesAction } from './membership/remove.ts';
import { unlockHostsAction } from './membership/unlock.ts';
import { createNetworkAction } from './networks/create.ts';
import { removeNetworkAction } from './networks/remove.ts';
import { setNodeAvailabilityAction } from './nodes/availability.ts';
import { drainNodesAction } from './nodes/drain.ts';
import type { DrainGuards } from './nodes/drain-guards.ts';
import { updateNodeLabelsAction } from './nodes/labels.ts';
import type { FindNodes } from './nodes/reference.ts';
import { demoteNodesAction, promoteNodesAction } from './nodes/roles.ts';
import type { ReadWorkload } from './nodes/workload.ts';
import type { AnyAction } from './operations/action.ts';
import { cancelOperationAction } from './operations/cancel.ts';
import type { Operations } from './operations/operations.ts';
import { sealAuditAction } from './operations/seal-audit.ts';
import { createKeptAction } from './secrets/create.ts';
import { removeKeptAction } from './secrets/remove.ts';
import { createServiceAction } from './services/create.ts';
import type { ServicesParts } from './services/parts.ts';
import { removeServiceAction } from './services/remove.ts';
import { rollbackServiceAction } from './services/roll-back.ts';
import { rotateKeptAction } from './services/rotate.ts';
import { scaleServiceAction } from './services/scale.ts';
import { updateServiceAction } from './services/update.ts';
import {
  createWebhookAction,
  deleteWebhookAction,
  rotateWebhookSecretAction,
  updateWebhookAction,
  type WebhookParts,
} from './webhooks/actions.ts';
import { redeliverAction, testWebhookAction } from './webhooks/send-actions.ts';

export type ActionParts = MembershipParts &
  ServicesParts &
  WebhookParts & {
    /** Late, for the door is built with its actions. */
    operations: () => Operations;
    sealHistory: SealHistory;
    apiKeys: ApiKeys;
    holders: Holders;
    persons: Persons;
    sessions: Sessions;
    tickets: Tickets;
    enrolments: Enrolments;
    discover: Discover;
    find: FindNodes;
    guards: DrainGuards;
    workload: ReadWorkload;
    hooks: MaintenanceParts['hooks'];
    away: MaintenanceParts['away'];
    planFleet: ApplyFleetParts['planFleet'];
    declarations: ApplyFleetParts['declarations'];
  };

export const createActions = (parts: ActionParts): AnyAction[] => {
  const { operations, authorise, apiKeys, holders, enrolments, hosts, links, commands, scopeOf, clock } =
    parts;
  return [
    cancelOperationAction(operations, authorise),
    sealAuditAction(parts.sealHistory),
    createApiKeyAction(apiKeys, holders, clock),
    revokeApiKeyAction(apiKeys, holders),
    createSignInLinkAction(holders, parts.tickets),
    revokeSessionAction(parts),
    createEnrolmentAction(enrolments),
    renameHostAction(hosts, scopeOf),
    revokeHostAction(hosts, links, commands, scopeOf, clock),
    releaseHostAction(hosts, scopeOf),
    forgetHostAction(hosts, links, scopeOf),
    preflightAction({
      ...parts,
      dataPathPortOf: (id) => parts.clusters.find(id)?.swarm?.dataPathPort || null,
    }),
    initClusterAction(parts),
    adoptClusterAction(parts),
    renameClusterAction(parts),
    forgetClusterAction(parts),
    revealJoinTokenAction(parts),
    revealUnlockKeyAction(parts),
    rotateJoinTokenAction(parts),
    updateClusterAction(parts),
    rotateUnlockKeyAction(parts),
    rotateCaAction(parts),
    promoteNodesAction(parts),
    demoteNodesAction(parts),
    setNodeAvailabilityAction(parts),
    drainNodesAction(parts),
    updateNodeLabelsAction(parts),
    joinHostsAction(parts),
    leaveSwarmAction(parts),
    recoverClusterAction(parts),
    dissolveClusterAction(parts),
    removeNodesAction(parts),
    unlockHostsAction(parts),
    decommissionNodesAction(parts),
    createKeptAction(parts, 'SECRET'),
    removeKeptAction(parts, 'SECRET'),
    createKeptAction(parts, 'CONFIG'),
    removeKeptAction(parts, 'CONFIG'),
    createNetworkAction(parts),
    removeNetworkAction(parts),
    createServiceAction(parts),
    updateServiceAction(parts),
    scaleServiceAction(parts),
    rollbackServiceAction(parts),
    removeServiceAction({ ...parts, tasksOf: parts.workload.ofNode }),
    rotateKeptAction(parts, 'SECRET'),
    rotateKeptAction(parts, 'CONFIG'),
    applyFleetAction(parts),
    forgetFleetAction(parts),
    rollMaintenanceAction(parts),
    proceedMaintenanceAction(parts),
    pauseMaintenanceAction(parts),
    resumeMaintenanceAction(parts),
    createWebhookAction(parts),
    updateWebhookAction(parts),
    rotateWebhookSecretAction(parts),
    deleteWebhookAction(parts),
    testWebhookAction(parts),
    redeliverAction(parts),
  ];
};
