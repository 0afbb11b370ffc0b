// What an act would do, in numbers: the impact, warnings and guards of a dry run.
import { Alert, Checkbox, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconBan } from '@tabler/icons-react';
import type { Guard } from '../../generated/documents.ts';
import type { LiveOperation } from '../live/store.ts';
import { plural } from '../parts/words.ts';

type Impact = NonNullable<LiveOperation['impact']>;

const failures = (count: number): string => (count <= 0 ? 'no failure' : plural(count, 'failure'));

/** One sentence for each number that tells something. */
export const impactWords = (impact: Impact): string[] => {
  const { managersBefore, managersAfter, reachableAfter, toleratesBefore, toleratesAfter } = impact;
  const { tasksMoving, servicesWithGap, unplaceable, standaloneContainers } = impact;
  const lines: string[] = [];
  if (managersBefore !== null && managersAfter !== null) {
    const tolerates = toleratesAfter === null ? '' : `: tolerates ${failures(toleratesAfter)}`;
    lines.push(
      managersBefore === managersAfter
        ? `${plural(managersAfter, 'manager')}, as before${tolerates}`
        : `${plural(managersBefore, 'manager')} to ${managersAfter}${tolerates}${
            toleratesBefore === null || toleratesBefore === toleratesAfter
              ? ''
              : ` (before: ${failures(toleratesBefore)})`
          }`,
    );
    if (reachableAfter !== null && reachableAfter < managersAfter)
      lines.push(`${reachableAfter} of them reachable`);
  }
  if (tasksMoving !== null)
    lines.push(tasksMoving === 0 ? 'no task moves' : `${plural(tasksMoving, 'task')} will move`);
  if (servicesWithGap?.length) lines.push(`without a running task meanwhile: ${servicesWithGap.join(', ')}`);
  if (unplaceable?.length) lines.push(`no other node may take: ${unplaceable.join(', ')}`);
  if (standaloneContainers)
    lines.push(`${plural(standaloneContainers, 'container')} outside of the swarm will stay`);
  return lines;
};

export const Consequence = ({
  verdict,
  overridden,
  onOverride,
}: {
  verdict: LiveOperation;
  overridden: readonly Guard[];
  onOverride: (guards: Guard[]) => void;
}) => {
  const lines = verdict.impact ? impactWords(verdict.impact) : [];
  return (
    <Stack gap="xs" data-testid="consequence">
      {lines.length > 0 && (
        <List size="sm" aria-label="What it would do">
          {lines.map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
      )}
      {verdict.warnings.map(({ code, message, target }) => (
        <Alert key={`${code} ${target}`} color="yellow" icon={<IconAlertTriangle aria-hidden />} title={code}>
          <Text size="sm">{message}</Text>
        </Alert>
      ))}
      {verdict.guards.map(({ guard, message }) => (
        <Alert key={guard} color="orange" icon={<IconBan aria-hidden />} title={guard}>
          <Text size="sm">{message}</Text>
          <Checkbox
            mt="xs"
            size="xs"
            label="Do it all the same; the override goes on record with the reason"
            checked={overridden.includes(guard)}
            onChange={({ currentTarget: { checked } }) =>
              onOverride(checked ? [...overridden, guard] : overridden.filter((each) => each !== guard))
            }
          />
        </Alert>
      ))}
      {verdict.state !== 'SUCCEEDED' && verdict.guards.length === 0 && (
        <Alert color="red" icon={<IconBan aria-hidden />} title={verdict.failure?.code ?? verdict.state}>
          <Text size="sm">{verdict.failure?.message}</Text>
          {verdict.failure?.hint && (
            <Text size="sm" c="dimmed">
              {verdict.failure.hint}
            </Text>
          )}
          {verdict.targets
            .filter(({ failure }) => failure && failure.message !== verdict.failure?.message)
            .map(({ name, failure }) => (
              <Text size="sm" key={name}>
                {name}: {failure?.message}
              </Text>
            ))}
        </Alert>
      )}
    </Stack>
  );
};
