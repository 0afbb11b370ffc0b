// Enrolments: which secrets are out, until when, and who came with one.
import { Anchor, Button, Card, Group, Switch, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { type EnrolmentPartsFragment, EnrolmentsDocument } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';
import { Countdown } from '../parts/countdown.tsx';
import { Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { usePermission } from '../session/viewer.tsx';

const pageSize = 20;

const isOpen = ({ usedAt, expiresAt }: EnrolmentPartsFragment): boolean =>
  usedAt === null && Date.parse(expiresAt) > Date.now();

const Came = ({ enrolment: { host, usedAt } }: { enrolment: EnrolmentPartsFragment }) => {
  if (usedAt === null)
    return (
      <Text inherit c="dimmed">
        nobody yet
      </Text>
    );
  return (
    <>
      {host ? (
        <Anchor component={Link} href={`/hosts/${host.id}`} inherit underline="always">
          {host.name}
        </Anchor>
      ) : (
        'a host that was forgotten since'
      )}
      , <When at={usedAt} />
    </>
  );
};

const EnrolmentTable = ({ enrolments }: { enrolments: readonly EnrolmentPartsFragment[] }) => (
  <Table aria-label="Enrolments">
    <Table.Thead>
      <Table.Tr>
        <Table.Th>Name</Table.Th>
        <Table.Th>Made</Table.Th>
        <Table.Th>Expires</Table.Th>
        <Table.Th>Who came</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {enrolments.map((enrolment) => (
        <Table.Tr key={enrolment.id} data-enrolment={enrolment.id}>
          <Table.Td>{enrolment.hostName ?? 'its hostname'}</Table.Td>
          <Table.Td>
            <When at={enrolment.createdAt} />
          </Table.Td>
          <Table.Td>{enrolment.usedAt === null ? <Countdown at={enrolment.expiresAt} /> : 'used'}</Table.Td>
          <Table.Td>
            <Came enrolment={enrolment} />
          </Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

export const Enrolments = () => {
  const whyNot = usePermission()('host:enrol');
  const [search, setSearch] = useSearchParams();
  const [count, setCount] = useState(pageSize);
  const showsAll = search.get('enrolments') === 'all';
  const { data, errors, loading, reload } = useLiveQuery(
    EnrolmentsDocument,
    {},
    { topics: ['host', 'operation'], pause: whyNot !== null },
  );
  const enrolments = data?.enrolments.filter((each) => showsAll || isOpen(each)) ?? [];
  const toggle = (isOn: boolean) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (isOn) next.set('enrolments', 'all');
        else next.delete('enrolments');
        return next;
      },
      { replace: true },
    );
  return (
    <Card withBorder component="section" aria-labelledby="enrolments">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="enrolments">
          {showsAll ? 'Enrolments' : 'Open enrolments'}
        </Title>
        {!whyNot && (
          <Switch
            label="Used and expired ones too"
            checked={showsAll}
            onChange={(event) => toggle(event.currentTarget.checked)}
          />
        )}
      </Group>
      {whyNot && (
        <Text size="sm" c="dimmed">
          {whyNot}: enrolments are not shown.
        </Text>
      )}
      {loading && <Loading what="enrolments" />}
      {errors.length > 0 && <Errors errors={errors} onRetry={reload} />}
      {data && enrolments.length === 0 && (
        <Text c="dimmed" size="sm">
          {showsAll ? 'No host was enrolled yet.' : 'No secret is out that a host could come with.'}
        </Text>
      )}
      {enrolments.length > 0 && <EnrolmentTable enrolments={enrolments.slice(0, count)} />}
      {enrolments.length > count && (
        <Button mt="xs" variant="default" size="xs" onClick={() => setCount(count + pageSize)}>
          Show more
        </Button>
      )}
    </Card>
  );
};
