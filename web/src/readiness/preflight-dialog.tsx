// Asks agents to probe each other: which hosts, what they are to become, which cluster they are to join.
import { MultiSelect, NumberInput, Select, Stack } from '@mantine/core';
import { useState } from 'react';
import { PreflightDocument, type PreflightRole } from '../../generated/documents.ts';
import type { Act } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk, useLive } from '../live/live.tsx';
import { plural, words } from '../parts/words.ts';

const roles: readonly PreflightRole[] = ['MANAGER', 'WORKER'];

export const PreflightDialog = ({ onClose }: { onClose: () => void }) => {
  const ask = useAsk();
  const hosts = useLive((live) => live.hosts);
  const clusters = useLive((live) => live.clusters);
  const listed = [...hosts.values()].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const connected = listed.filter(({ status }) => status === 'CONNECTED');
  const free = connected.filter(({ swarm }) => !swarm?.nodeId);
  // Those in no swarm are the ones that are to become something; where there is none, all are looked at.
  const [chosen, setChosen] = useState<string[]>(() =>
    (free.length > 0 ? free : connected).map(({ id }) => id),
  );
  const [cluster, setCluster] = useState<string | null>(
    free.length > 0 ? ([...clusters.keys()][0] ?? null) : null,
  );
  const [role, setRole] = useState<PreflightRole | null>(null);
  const [port, setPort] = useState<number | null>(null);
  const [addresses, setAddresses] = useState<Record<string, string | null>>({});
  const several = listed.filter(({ id, addresses: own }) => chosen.includes(id) && own.length > 1);
  const input = {
    hosts: chosen.map((host) => ({ host, advertiseAddr: addresses[host] ?? null })),
    cluster,
    role,
    dataPathPort: port,
  };
  const act: Act = {
    title: 'Probe',
    subject: plural(chosen.length, 'host'),
    meaning:
      'Agents probe the ports between each pair of hosts in both directions, for ten seconds at most. Nothing is changed.',
    permission: 'host:preflight',
    key: JSON.stringify(input),
    run: async (asked) =>
      (await ask(PreflightDocument, { input: { ...input, ...asked } })).preflight.operation,
  };
  return (
    <ActDialog act={act} onClose={onClose} isComplete={chosen.length > 0}>
      <Stack gap="xs">
        <MultiSelect
          label="Hosts"
          description="200 at most; the agent of each has to be connected."
          searchable
          clearable
          required
          value={chosen}
          onChange={setChosen}
          maxValues={200}
          data={listed.map(({ id, name, status }) => ({
            value: id,
            label: status === 'CONNECTED' ? name : `${name} (${words(status)})`,
            disabled: status !== 'CONNECTED',
          }))}
        />
        <Select
          label="Cluster that they are to join"
          description="Its connected hosts are probed with each of them."
          placeholder="none"
          clearable
          value={cluster}
          onChange={setCluster}
          data={[...clusters.values()].map(({ id, name }) => ({ value: id, label: name }))}
        />
        <Select
          label="What they are to become"
          description="2377/tcp is probed towards managers only."
          placeholder={cluster ? 'worker' : 'manager'}
          clearable
          value={role}
          onChange={(value) => setRole(roles.find((each) => each === value) ?? null)}
          data={roles.map((value) => ({ value, label: words(value) }))}
        />
        <NumberInput
          label="Data path port"
          placeholder={cluster ? 'the cluster’s' : '4789'}
          min={1024}
          max={49_151}
          allowDecimal={false}
          value={port ?? ''}
          onChange={(value) => setPort(typeof value === 'number' ? value : null)}
        />
        {several.map(({ id, name, addresses: own }) => (
          <Select
            key={id}
            label={`Address of ${name}`}
            placeholder="the one in a network of the others"
            clearable
            value={addresses[id] ?? null}
            onChange={(address) => setAddresses({ ...addresses, [id]: address })}
            data={[...new Set(own.map(({ address }) => address))]}
          />
        ))}
      </Stack>
    </ActDialog>
  );
};
