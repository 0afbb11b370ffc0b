// What a page shows when it has nothing to show.
import { Alert, Button, Center, Loader, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconMoodEmpty } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { ApiError } from '../live/transport.ts';

export const Loading = ({ what }: { what: string }) => (
  <Center p="xl" role="status" aria-live="polite">
    <Stack align="center" gap="xs">
      <Loader size="sm" aria-hidden />
      <Text c="dimmed">Reading {what} …</Text>
    </Stack>
  </Center>
);

export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <Center p="xl">
    <Stack align="center" gap="xs" maw={520}>
      <IconMoodEmpty size={32} stroke={1.2} aria-hidden />
      <Title order={2} ta="center">
        {title}
      </Title>
      <Text component="div" c="dimmed" ta="center">
        {children}
      </Text>
    </Stack>
  </Center>
);

export const Errors = ({ errors, onRetry }: { errors: readonly ApiError[]; onRetry?: () => void }) =>
  errors.length === 0 ? null : (
    <Stack gap="xs" role="alert">
      {errors.map(({ code, message, hint }) => (
        <Alert key={`${code} ${message}`} color="red" title={code} icon={<IconAlertTriangle aria-hidden />}>
          <Text size="sm">{message}</Text>
          {hint && (
            <Text size="sm" c="dimmed">
              {hint}
            </Text>
          )}
          {onRetry && (
            <Button mt="xs" size="xs" variant="default" onClick={onRetry}>
              Try again
            </Button>
          )}
        </Alert>
      ))}
    </Stack>
  );
