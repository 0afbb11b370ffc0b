// A new service, by what most have: name, image, mode, ports, networks, environment and constraints.
import {
  Group,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { CreateServiceDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { EnvInput, type EnvRow, envOf } from './env-input.tsx';
import { type PortRow, PortsInput, portsOf } from './ports-input.tsx';
import { useNetworkNames } from './use-network-names.ts';

type Mode = 'REPLICATED' | 'GLOBAL';
type Endpoint = 'VIP' | 'DNSRR';

export const CreateServiceDialog = ({ cluster, onClose }: { cluster: LiveCluster; onClose: () => void }) => {
  const ask = useAsk();
  const known = useNetworkNames(cluster.id);
  const [name, setName] = useState('');
  const [image, setImage] = useState('');
  const [mode, setMode] = useState<Mode>('REPLICATED');
  const [replicas, setReplicas] = useState<number | null>(1);
  const [endpoint, setEndpoint] = useState<Endpoint>('VIP');
  const [ports, setPorts] = useState<PortRow[]>([]);
  const [networks, setNetworks] = useState<string[]>([]);
  const [env, setEnv] = useState<EnvRow[]>([]);
  const [constraints, setConstraints] = useState<string[]>([]);
  const [isSent, setIsSent] = useState(false);
  const answeredPorts = portsOf(ports);
  const base = createAct(
    ask,
    CreateServiceDocument,
    {
      cluster: cluster.id,
      name: name.trim(),
      image: image.trim(),
      mode,
      replicas: mode === 'REPLICATED' ? replicas : null,
      endpointMode: endpoint,
      ports: answeredPorts ?? [],
      networks,
      env: envOf(env),
      constraints,
    },
    {
      title: 'Create service',
      subject: name.trim() || 'a new one',
      meaning:
        'The managers place its tasks. The image is taken as it is written, and nodes pull it without credentials.',
      permission: 'service:write',
    },
  );
  const act = {
    ...base,
    run: async (asked: Parameters<typeof base.run>[0]) => {
      const operation = await base.run(asked);
      if (!asked.dryRun) {
        // What may be secret is not kept any longer than it is needed.
        setIsSent(true);
        setEnv([]);
      }
      return operation;
    },
  };
  const isComplete =
    !isSent &&
    name.trim() !== '' &&
    image.trim() !== '' &&
    (mode === 'GLOBAL' || replicas !== null) &&
    answeredPorts !== null;
  return (
    <ActDialog act={act} onClose={onClose} isComplete={isComplete}>
      <Group grow align="flex-start">
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          placeholder="web"
          spellCheck={false}
          required
        />
        <TextInput
          label="Image"
          value={image}
          onChange={(event) => setImage(event.currentTarget.value)}
          placeholder="nginx:1.27"
          spellCheck={false}
          required
        />
      </Group>
      <Group align="flex-end">
        <SegmentedControl
          aria-label="Mode"
          data={[
            { value: 'REPLICATED', label: 'A number of tasks' },
            { value: 'GLOBAL', label: 'One on each node' },
          ]}
          value={mode}
          onChange={(value) => setMode(value === 'GLOBAL' ? 'GLOBAL' : 'REPLICATED')}
        />
        {mode === 'REPLICATED' && (
          <NumberInput
            label="Replicas"
            w={120}
            value={replicas ?? ''}
            onChange={(value) => setReplicas(typeof value === 'number' ? value : null)}
            min={0}
            allowDecimal={false}
          />
        )}
        <Select
          label="Its name leads to"
          w={240}
          allowDeselect={false}
          data={[
            { value: 'VIP', label: 'one virtual address' },
            { value: 'DNSRR', label: 'the addresses of its tasks' },
          ]}
          value={endpoint}
          onChange={(value) => setEndpoint(value === 'DNSRR' ? 'DNSRR' : 'VIP')}
        />
      </Group>
      <MultiSelect
        label="Networks"
        data={known.names}
        value={networks}
        onChange={setNetworks}
        placeholder={networks.length === 0 ? 'none' : undefined}
        searchable
      />
      <PortsInput rows={ports} onChange={setPorts} />
      <EnvInput rows={env} onChange={setEnv} />
      <TagsInput
        label="Constraints"
        description="Enter ends one. Only nodes that fit all of them get tasks."
        value={constraints}
        onChange={setConstraints}
        placeholder="node.labels.zone == a"
      />
    </ActDialog>
  );
};
