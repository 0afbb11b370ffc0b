// One record in the table: who, what and upon what are links that narrow the list.
import { Anchor, Badge, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { RecordPartsFragment } from '../../generated/documents.ts';
import { StateBadge } from '../parts/badges.tsx';
import { When } from '../parts/when.tsx';
import { actionWords, plural, words } from '../parts/words.ts';
import { Wrong } from '../parts/wrong.tsx';
import { filterHref, type RecordFilter } from './filter.ts';

/** Of one record: the rest is on its page. */
const mostTargets = 4;

const FilterLink = ({
  filter,
  part,
  children,
}: {
  filter: RecordFilter;
  part: RecordFilter;
  children: string;
}) => (
  <Anchor component={Link} href={filterHref({ ...filter, ...part })} size="sm" title={`Only ${children}`}>
    {children}
  </Anchor>
);

/** Whether Docker's own tools did it. */
export const ExternalBadge = ({ kind }: { kind: string }) =>
  kind === 'EXTERNAL' ? (
    <Badge color="orange" variant="light" tt="none" radius="sm">
      without Skep
    </Badge>
  ) : null;

export const RecordRow = ({ record, filter }: { record: RecordPartsFragment; filter: RecordFilter }) => {
  const { seq, at, phase, action, outcome, actor, targets, reason, failure } = record;
  return (
    <Table.Tr data-seq={seq}>
      <Table.Td>
        <Anchor component={Link} href={`/audit/${seq}`} size="sm" aria-label={`Record ${seq}`}>
          {seq}
        </Anchor>
      </Table.Td>
      <Table.Td>
        <Text size="sm" component="span">
          <When at={at} />
        </Text>
      </Table.Td>
      <Table.Td>
        <StateBadge state={phase} />
      </Table.Td>
      <Table.Td>
        <FilterLink filter={filter} part={{ action }}>
          {actionWords(action)}
        </FilterLink>
      </Table.Td>
      <Table.Td>{outcome && <StateBadge state={outcome} why={failure?.message ?? null} />}</Table.Td>
      <Table.Td>
        <FilterLink filter={filter} part={{ actor: actor.id }}>
          {actor.name}
        </FilterLink>{' '}
        <ExternalBadge kind={actor.kind} />
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {targets.slice(0, mostTargets).map(({ kind, id, name }, index) => (
          <Text size="sm" component="span" key={`${kind} ${id} ${name}`} title={words(kind)}>
            {index > 0 && ', '}
            {id === null ? (
              name
            ) : (
              <FilterLink filter={filter} part={{ target: id }}>
                {name}
              </FilterLink>
            )}
          </Text>
        ))}
        {targets.length > mostTargets && (
          <Text size="sm" component="span">
            {' '}
            and {plural(targets.length - mostTargets, 'other')}
          </Text>
        )}
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" lineClamp={2} title={reason ?? undefined}>
          {reason}
        </Text>
        {!outcome && failure && (
          <Wrong size="xs" title={failure.message}>
            {failure.code}
          </Wrong>
        )}
      </Table.Td>
    </Table.Tr>
  );
};
