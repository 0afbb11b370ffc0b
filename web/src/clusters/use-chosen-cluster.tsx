// Which cluster a page is of: the address keeps it, and the first is the default.
import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLive } from '../live/live.tsx';
import type { LiveCluster } from '../live/store.ts';
import { useAddressPart } from '../parts/use-address-part.ts';

/** @returns the cluster, null where there is none; and what chooses it, nothing when there is one only. */
export const useChosenCluster = (): { cluster: LiveCluster | null; choice: ReactNode } => {
  const clusters = useLive((live) => live.clusters);
  const [id, setId] = useAddressPart('cluster');
  const cluster = clusters.get(id) ?? [...clusters.values()][0] ?? null;
  const choice = clusters.size > 1 && (
    <Select
      aria-label="Cluster"
      w={200}
      allowDeselect={false}
      data={[...clusters.values()].map(({ id, name }) => ({ value: id, label: name }))}
      value={cluster?.id ?? null}
      onChange={setId}
    />
  );
  return { cluster, choice };
};
