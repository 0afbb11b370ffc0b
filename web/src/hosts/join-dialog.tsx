// Hosts join a swarm: which, as what, with which labels, and by which address each is reached.
import { Accordion, SegmentedControl, Select, Stack, TagsInput } from '@mantine/core';
import { useState } from 'react';
import type { Availability, NodeRole } from '../../generated/documents.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { roleChoices } from '../clusters/role-choices.ts';
import { useAsk, useLive } from '../live/live.tsx';
import type { LiveHost } from '../live/store.ts';
import { AddressInput } from './address-input.tsx';
import { joinAct } from './host-acts.ts';

const availabilities = [
  { value: 'ACTIVE', label: 'Active: it takes tasks' },
  { value: 'PAUSE', label: 'Pause: it takes no new tasks' },
  { value: 'DRAIN', label: 'Drain: it takes no tasks' },
] as const satisfies readonly { value: Availability; label: string }[];

/** `zone=a` and `ssd`, as Docker writes labels. */
const labelOf = (text: string): { key: string; value: string } => {
  const at = text.indexOf('=');
  return at < 0 ? { key: text, value: '' } : { key: text.slice(0, at), value: text.slice(at + 1) };
};

export const JoinDialog = ({ hosts, onClose }: { hosts: readonly LiveHost[]; onClose: () => void }) => {
  const ask = useAsk();
  const clusters = useLive((live) => live.clusters);
  const [cluster, setCluster] = useState<string | null>(
    clusters.size === 1 ? ([...clusters.keys()][0] ?? null) : null,
  );
  const [role, setRole] = useState<NodeRole>('WORKER');
  const [availability, setAvailability] = useState<Availability>('ACTIVE');
  const [labels, setLabels] = useState<string[]>([]);
  const [addresses, setAddresses] = useState<Readonly<Record<string, string>>>({});
  const act = joinAct(ask, hosts, {
    cluster: cluster ?? '',
    role,
    availability,
    hosts: hosts.map(({ id }) => ({
      host: id,
      advertiseAddr: addresses[id]?.trim() || null,
      labels: labels.map(labelOf),
    })),
  });
  return (
    <ActDialog act={act} onClose={onClose} isComplete={cluster !== null}>
      <Select
        label="Cluster"
        placeholder="Which swarm"
        data={[...clusters.values()].map(({ id, name }) => ({ value: id, label: name }))}
        value={cluster}
        onChange={setCluster}
        allowDeselect={false}
        required
      />
      <SegmentedControl
        aria-label="Role"
        data={[...roleChoices]}
        value={role}
        onChange={(value) => setRole(value as NodeRole)}
      />
      <Select
        label="Availability"
        data={[...availabilities]}
        value={availability}
        onChange={(value) => setAvailability((value ?? 'ACTIVE') as Availability)}
        allowDeselect={false}
      />
      <TagsInput
        label="Labels"
        description="Of every one of them, set before a first task can land there."
        placeholder="zone=north, then Enter"
        value={labels}
        onChange={setLabels}
      />
      <Accordion variant="contained" chevronPosition="left">
        <Accordion.Item value="addresses">
          <Accordion.Control>Advertised addresses</Accordion.Control>
          <Accordion.Panel>
            <Stack gap="xs">
              {hosts.map((host) => (
                <AddressInput
                  key={host.id}
                  host={host}
                  label={host.name}
                  placeholder="as its engine finds it"
                  value={addresses[host.id] ?? ''}
                  onChange={(value) => setAddresses({ ...addresses, [host.id]: value })}
                />
              ))}
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </ActDialog>
  );
};
