// One operation, live: its state, progress, steps, targets and what refused it. The same in a dialog and on its page.
import { Alert, Anchor, Group, List, Progress, Stack, Table, Text, Timeline } from '@mantine/core';
import { Link } from 'wouter';
import { impactWords } from '../acting/consequence.tsx';
import { useLive } from '../live/live.tsx';
import { isFinal, type LiveOperation } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';
import { actionWords, words } from '../parts/words.ts';
import { CancelButton } from './cancel-button.tsx';

const stepColour = (state: string): string =>
  ({ SUCCEEDED: 'green', DONE: 'green', FAILED: 'red', RUNNING: 'blue', SKIPPED: 'gray' })[
    state.toUpperCase()
  ] ?? 'gray';

/** @param operation as it was; the live one takes its place as soon as it is heard of. */
export const OperationView = ({ operation: given }: { operation: LiveOperation }) => {
  const live = useLive(({ operations }) => operations.get(given.id));
  const operation = live ?? given;
  const { progress, failure, impact, targets, steps } = operation;
  const names = new Map(targets.map(({ id, name }) => [id, name]));
  return (
    <Stack gap="sm" data-testid="operation" data-state={operation.state}>
      <Group gap="sm" role="status" aria-live="polite">
        <StateBadge state={operation.state} />
        <Anchor component={Link} href={`/operations/${operation.id}`} size="sm">
          {actionWords(operation.action)}
        </Anchor>
        <Text size="sm" c="dimmed">
          by {operation.actor.name}, <When at={operation.startedAt} />
        </Text>
        <CancelButton operation={operation} />
      </Group>
      {operation.reason && <Text size="sm">“{operation.reason}”</Text>}
      {progress && (
        <div>
          <Text size="sm">
            {progress.done} of {progress.total} {progress.unit}
          </Text>
          <Progress
            aria-label={`${progress.done} of ${progress.total} ${progress.unit}`}
            value={progress.total === 0 ? 100 : (100 * progress.done) / progress.total}
            animated={!isFinal(operation)}
          />
        </div>
      )}
      {failure && (
        <Alert color={operation.state === 'REFUSED' ? 'orange' : 'red'} title={failure.code}>
          <Text size="sm">{failure.message}</Text>
          {failure.hint && (
            <Text size="sm" c="dimmed">
              {failure.hint}
            </Text>
          )}
        </Alert>
      )}
      {operation.guards.map(({ guard, message }) => (
        <Alert
          key={guard}
          color="orange"
          title={`${guard}${operation.overrides.includes(guard) ? ' (overridden)' : ''}`}
        >
          <Text size="sm">{message}</Text>
        </Alert>
      ))}
      {operation.warnings.map(({ code, message, target }) => (
        <Alert key={`${code} ${target}`} color="yellow" title={code}>
          <Text size="sm">{message}</Text>
        </Alert>
      ))}
      {impact && impactWords(impact).length > 0 && (
        <List size="sm" aria-label="Impact">
          {impactWords(impact).map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
      )}
      {targets.length > 0 && (
        <Table aria-label="Targets">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Target</Table.Th>
              <Table.Th>Kind</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Failure</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {targets.map(({ kind, id, name, state, failure: why }) => (
              <Table.Tr key={`${kind} ${id} ${name}`}>
                <Table.Td>{name}</Table.Td>
                <Table.Td>{words(kind)}</Table.Td>
                <Table.Td>
                  <StateBadge state={state} />
                </Table.Td>
                <Table.Td>{why && `${why.code}: ${why.message}`}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {steps.length > 0 && (
        <Timeline bulletSize={14} lineWidth={2} active={steps.length} aria-label="Steps">
          {steps.map(({ name, state, detail, target, startedAt, endedAt }) => (
            <Timeline.Item
              key={`${name} ${target} ${startedAt}`}
              color={stepColour(state)}
              title={
                <Text size="sm">
                  {words(name)}
                  {target && names.has(target) ? ` · ${names.get(target)}` : ''} — {words(state)}
                </Text>
              }
            >
              <Text size="xs" c="dimmed">
                {detail} <When at={endedAt ?? startedAt} />
              </Text>
            </Timeline.Item>
          ))}
        </Timeline>
      )}
    </Stack>
  );
};
