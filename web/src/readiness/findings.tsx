// What a preflight found to be mended, that which blocks first.
import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconBan } from '@tabler/icons-react';
import { useState } from 'react';
import { plural, words } from '../parts/words.ts';
import type { Readiness } from './matrix-parts.ts';

const pageSize = 20;

export const Findings = ({ findings }: { findings: Readiness['findings'] }) => {
  const [count, setCount] = useState(pageSize);
  if (findings.length === 0) return <Text c="dimmed">Nothing was found that is to be mended.</Text>;
  return (
    <Stack gap="xs">
      {findings.slice(0, count).map(({ severity, code, message, remedy }) => (
        <Alert
          key={`${code} ${message}`}
          color={severity === 'BLOCKS' ? 'red' : 'yellow'}
          icon={severity === 'BLOCKS' ? <IconBan aria-hidden /> : <IconAlertTriangle aria-hidden />}
          title={`${code} ${words(severity)}`}
        >
          <Text size="sm">{message}</Text>
          {remedy && (
            <Text size="sm" fw={600}>
              {remedy}
            </Text>
          )}
        </Alert>
      ))}
      {findings.length > count && (
        <Button variant="default" onClick={() => setCount(count + pageSize)}>
          Show more: {plural(findings.length - count, 'finding')}
        </Button>
      )}
    </Stack>
  );
};
