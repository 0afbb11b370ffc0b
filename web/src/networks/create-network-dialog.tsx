// A new overlay network.
import { Checkbox, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { CreateNetworkDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { RowsInput } from '../parts/rows-input.tsx';

type SubnetRow = { row: number; subnet: string; gateway: string; ipRange: string };

const orNull = (text: string): string | null => text.trim() || null;

export const CreateNetworkDialog = ({ cluster, onClose }: { cluster: LiveCluster; onClose: () => void }) => {
  const ask = useAsk();
  const [name, setName] = useState('');
  const [subnets, setSubnets] = useState<SubnetRow[]>([]);
  const [traits, setTraits] = useState({ encrypted: false, attachable: false, internal: false, ipv6: false });
  const given = subnets.filter(({ subnet }) => subnet.trim() !== '');
  const act = createAct(
    ask,
    CreateNetworkDocument,
    {
      cluster: cluster.id,
      name: name.trim(),
      ...traits,
      subnets:
        given.length === 0
          ? null
          : given.map(({ subnet, gateway, ipRange }) => ({
              subnet: subnet.trim(),
              gateway: orNull(gateway),
              ipRange: orNull(ipRange),
            })),
    },
    {
      title: 'Create network',
      subject: name.trim() || 'a new one',
      meaning:
        'An overlay network reaches over all hosts of the swarm; services on it find each other by name.',
      permission: 'network:write',
    },
  );
  const trait = (key: keyof typeof traits, label: string, description: string) => (
    <Checkbox
      label={label}
      description={description}
      checked={traits[key]}
      onChange={({ currentTarget: { checked } }) => setTraits({ ...traits, [key]: checked })}
    />
  );
  return (
    <ActDialog act={act} onClose={onClose} isComplete={name.trim() !== '' && given.length === subnets.length}>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        placeholder="shop"
        spellCheck={false}
        required
      />
      <RowsInput<SubnetRow>
        label="Subnets (none: the swarm takes one from its address pool)"
        one="subnet"
        rows={subnets}
        blank={{ subnet: '', gateway: '', ipRange: '' }}
        onChange={setSubnets}
        render={({ subnet, gateway, ipRange }, change) => (
          <>
            <TextInput
              label="Subnet"
              placeholder="10.20.0.0/24"
              value={subnet}
              onChange={(event) => change({ subnet: event.currentTarget.value })}
              required
            />
            <TextInput
              label="Gateway"
              placeholder="its first address"
              value={gateway}
              onChange={(event) => change({ gateway: event.currentTarget.value })}
            />
            <TextInput
              label="Addresses from"
              placeholder="all of it"
              value={ipRange}
              onChange={(event) => change({ ipRange: event.currentTarget.value })}
            />
          </>
        )}
      />
      <Stack gap="xs">
        {trait('encrypted', 'Encrypted', 'Between hosts by IPsec, which needs ESP in the kernel of each.')}
        {trait('attachable', 'Attachable', 'Containers that belong to no service may be attached too.')}
        {trait('internal', 'Internal', 'Without a way to the outside.')}
        {trait('ipv6', 'IPv6', 'It needs an IPv6 subnet.')}
      </Stack>
    </ActDialog>
  );
};
