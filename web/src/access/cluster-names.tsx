// The clusters that a key is held for, by name.
import { Text } from '@mantine/core';
import { useLive } from '../live/live.tsx';

export const ClusterNames = ({ ids }: { ids: readonly string[] | null }) => {
  const clusters = useLive((live) => live.clusters);
  if (ids === null)
    return (
      <Text span inherit c="dimmed">
        all
      </Text>
    );
  return <>{ids.map((id) => clusters.get(id)?.name ?? id).join(', ') || 'none'}</>;
};
