// The frame of every page: its title, what can be done on it, and its content.
import { Group, Stack, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

export const Page = ({
  title,
  badges,
  actions,
  children,
}: {
  title: string;
  badges?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) => {
  useEffect(() => {
    document.title = `${title} · Skep`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={1}>{title}</Title>
          {badges}
        </Group>
        <Group gap="xs">{actions}</Group>
      </Group>
      {children}
    </Stack>
  );
};
