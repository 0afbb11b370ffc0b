// What a fleet document would change: its steps in their order, what cannot be changed, and what it does not name.
import { Alert, Group, Stack, Table, Text, Title } from '@mantine/core';
import { IconBan, IconCircleCheck } from '@tabler/icons-react';
import type { PlanFleetQuery } from '../../generated/documents.ts';
import { actionWords, plural, words } from '../parts/words.ts';
import { Wrong } from '../parts/wrong.tsx';
import { usePermission } from '../session/viewer.tsx';
import { Differences } from './differences.tsx';

export type Plan = NonNullable<PlanFleetQuery['planFleet']>;

const Steps = ({ steps }: { steps: Plan['steps'] }) => {
  const permission = usePermission();
  return (
    <Table aria-label="Steps, in their order" verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={50}>Step</Table.Th>
          <Table.Th w={220}>What is done</Table.Th>
          <Table.Th w={180}>Permission</Table.Th>
          <Table.Th>What it takes away</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {steps.map(({ position, key, mutation, permission: needed, kind, name, differences }) => (
          <Table.Tr key={key} data-step={key}>
            <Table.Td>{position}</Table.Td>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              <Text size="sm" fw={600}>
                {actionWords(mutation)}
              </Text>
              <Text size="sm">
                {words(kind)} {name}
              </Text>
            </Table.Td>
            <Table.Td>
              {needed}
              {permission(needed) && <Wrong size="xs">you do not hold it</Wrong>}
            </Table.Td>
            <Table.Td>
              {differences.length > 0 ? (
                <Differences differences={differences} label={`What step ${position} takes away`} />
              ) : (
                '—'
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
};

const Undeclared = ({ undeclared }: { undeclared: Plan['undeclared'] }) => {
  const kinds = [...new Set(undeclared.map(({ kind }) => kind))];
  return (
    <div>
      <Title order={3}>Left alone, for the document does not name it</Title>
      {kinds.map((kind) => {
        const names = undeclared.filter((each) => each.kind === kind).map(({ name }) => name);
        return (
          <Text size="sm" key={kind} style={{ overflowWrap: 'anywhere' }}>
            {plural(names.length, words(kind))}: {names.join(', ')}
          </Text>
        );
      })}
    </div>
  );
};

export const PlanView = ({ plan: { inSync, steps, differences, undeclared, clusterId } }: { plan: Plan }) => {
  const fixed = differences.filter(({ changeable }) => !changeable);
  return (
    <Stack data-in-sync={inSync}>
      {inSync && (
        <Alert color="green" icon={<IconCircleCheck aria-hidden />} title="All is as the document says">
          There is nothing to do.
        </Alert>
      )}
      {clusterId === null && (
        <Alert color="blue" title="The cluster is not there yet">
          The first step makes it.
        </Alert>
      )}
      {fixed.length > 0 && (
        <Alert
          color="red"
          icon={<IconBan aria-hidden />}
          title={`${plural(fixed.length, 'difference')} that no step takes away`}
        >
          <Text size="sm">
            Docker changes nothing of a network that is there, nor the mode of a service. Remove what is named
            here, and it is made anew; until then the document cannot be applied.
          </Text>
          <Differences differences={fixed} label="Differences that no step takes away" />
        </Alert>
      )}
      {steps.length > 0 && (
        <div>
          <Group gap="xs">
            <Title order={3}>{plural(steps.length, 'step')}, in this order</Title>
            <Text size="sm" c="dimmed">
              {plural(differences.length, 'difference')}
            </Text>
          </Group>
          <Steps steps={steps} />
        </div>
      )}
      {undeclared.length > 0 && <Undeclared undeclared={undeclared} />}
    </Stack>
  );
};
