// Why services are not shown, and what lets them be: an agent carries nothing out on services until it is told to.
import { Code, Stack, Text } from '@mantine/core';
import type { ApiError } from '../live/transport.ts';
import { Copyable } from '../parts/copy.tsx';
import { Empty, Errors } from '../parts/states.tsx';

export const Unreadable = ({ errors, onRetry }: { errors: readonly ApiError[]; onRetry: () => void }) => {
  if (errors.length === 0)
    return <Empty title="Nothing is known of this cluster">It is gone, or beyond what you see.</Empty>;
  if (!errors.some(({ code }) => code === 'NOT_ALLOWED')) return <Errors errors={errors} onRetry={onRetry} />;
  return (
    <Empty title="No agent of a manager allows services">
      <Stack gap="xs" ta="left">
        <Text>
          An agent reads and changes services only when it was told to. Start the agent of one manager, better
          of all, with <Code>--allow default,services</Code> or with this in its environment; docs/services.md
          says more.
        </Text>
        <Copyable label="setting" text="SKEP_AGENT_ALLOW=default,services" />
        {errors.map(({ message }) => (
          <Text key={message} size="sm">
            {message}
          </Text>
        ))}
      </Stack>
    </Empty>
  );
};
