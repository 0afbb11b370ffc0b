// Removes a network that nothing is attached to.
import type { ButtonProps } from '@mantine/core';
import { RemoveNetworkDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { usePermission } from '../session/viewer.tsx';
import type { NetworkSeen } from './network-traits.tsx';

const RemoveDialog = ({ network, onClose }: { network: NetworkSeen; onClose: () => void }) => {
  const act = createAct(
    useAsk(),
    RemoveNetworkDocument,
    { cluster: network.cluster.id, network: network.id },
    {
      title: 'Remove',
      subject: network.name,
      meaning: 'The network goes from all hosts of the swarm. Its addresses become free again.',
      permission: 'network:write',
      confirm: network.name,
    },
  );
  return <ActDialog act={act} onClose={onClose} />;
};

/** Why it cannot be removed, as far as it is known; the dry run of the dialog judges the rest. */
const whyNotRemoved = ({ ingress, services }: NetworkSeen): string | null => {
  if (ingress) return 'The ingress network carries published ports: the swarm needs it';
  return services.length > 0 ? `In use by ${services.map(({ name }) => name).join(', ')}` : null;
};

export const RemoveNetworkButton = ({ network, ...look }: { network: NetworkSeen } & ButtonProps) => (
  <ActButton
    {...look}
    aria-label={`Remove ${network.name}`}
    whyNot={usePermission()('network:write') ?? whyNotRemoved(network)}
    dialog={(close) => <RemoveDialog network={network} onClose={close} />}
  >
    Remove
  </ActButton>
);
