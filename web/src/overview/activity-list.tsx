// What changed since this page was opened, newest first: each event once, also those of a break of the line.
import { Anchor, Group, ScrollArea, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import type { Activity } from '../live/store.ts';
import { When } from '../parts/when.tsx';
import { shown } from '../parts/words.ts';

const kindWords: Record<string, string> = { ADDED: 'came', REMOVED: 'is gone' };

const href = ({ topic, id }: Activity): string => (topic === 'cluster' ? '/' : `/${topic}s/${id}`);

export const ActivityList = () => {
  const activity = useLive((live) => live.activity);
  if (activity.length === 0)
    return (
      <Text c="dimmed" size="sm">
        Nothing has changed since this page was opened. The history is on the page Audit.
      </Text>
    );
  return (
    <ScrollArea.Autosize mah={320} viewportProps={{ tabIndex: 0, 'aria-label': 'Activity' }}>
      <Stack gap={6} component="ol" m={0} p={0} style={{ listStyle: 'none' }} data-testid="activity">
        {activity.map((one) => (
          <Group key={one.cursor} component="li" gap="xs" wrap="nowrap" align="baseline">
            <Text size="xs" c="dimmed" w={80} style={{ flexShrink: 0 }}>
              <When at={one.at} />
            </Text>
            <Text size="sm">
              {one.topic}{' '}
              <Anchor component={Link} href={href(one)} inherit>
                {one.name}
              </Anchor>{' '}
              {kindWords[one.kind] ??
                one.changes
                  .map(({ path, old, new: now }) => `${path}: ${shown(old)} → ${shown(now)}`)
                  .join(', ')}
            </Text>
          </Group>
        ))}
      </Stack>
    </ScrollArea.Autosize>
  );
};
