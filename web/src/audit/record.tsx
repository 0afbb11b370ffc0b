// One record: what was before and after side by side, what was asked for, and its place in the chain.
import { Alert, Anchor, Button, Card, Code, Group, SimpleGrid, Text, Title } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { Link } from 'wouter';
import { AuditRecordPageDocument, type AuditRecordPageQuery } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';
import { StateBadge } from '../parts/badges.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { actionWords, duration, moment, words } from '../parts/words.ts';
import { filterHref } from './filter.ts';
import { Changes, Json } from './record-changes.tsx';
import { ExternalBadge } from './record-row.tsx';

type Found = AuditRecordPageQuery['older']['edges'][number]['node'];

const Neighbour = ({ seq, is }: { seq: number | undefined; is: 'older' | 'newer' }) => {
  const parts = {
    variant: 'default' as const,
    ...(is === 'older'
      ? { leftSection: <IconChevronLeft size={16} aria-hidden /> }
      : { rightSection: <IconChevronRight size={16} aria-hidden /> }),
  };
  const title = is === 'older' ? 'Record before' : 'Record after';
  return seq === undefined ? (
    <Button {...parts} disabled title={is === 'older' ? 'This is the oldest' : 'This is the newest'}>
      {title}
    </Button>
  ) : (
    <Button {...parts} component={Link} href={`/audit/${seq}`}>
      {title}
    </Button>
  );
};

const RecordView = ({ record }: { record: Found }) => {
  const { actor, failure, targets, changes, input, operationId } = record;
  // Nobody asked for what was only seen.
  const asked = record.phase === 'OBSERVED' ? 'How it was seen' : 'What was asked for';
  return (
    <>
      {record.reason && <Text>“{record.reason}”</Text>}
      {failure && (
        <Alert color="red" title={failure.code}>
          <Text size="sm">{failure.message}</Text>
          {failure.hint && (
            <Text size="sm" c="dimmed">
              {failure.hint}
            </Text>
          )}
        </Alert>
      )}
      <Card withBorder component="section" aria-labelledby="changes">
        <Title order={2} id="changes">
          Before and after
        </Title>
        {changes.length > 0 ? (
          <Changes changes={changes} />
        ) : (
          <Text size="sm" c="dimmed">
            {record.phase === 'INTENT'
              ? 'Nothing had been done yet: what changed is in the record of the outcome.'
              : 'This record tells of no value that changed.'}
          </Text>
        )}
      </Card>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Card withBorder component="section" aria-labelledby="about">
          <Title order={2} id="about">
            Who and what
          </Title>
          <Facts
            label="Who and what"
            facts={[
              ['Time', `${moment(record.at)} (${record.at})`],
              [
                'Who',
                <Group key="who" gap="xs">
                  <Anchor component={Link} href={filterHref({ actor: actor.id })} size="sm">
                    {actor.name}
                  </Anchor>
                  <Text size="sm" c="dimmed">
                    {words(actor.kind)}
                  </Text>
                  <ExternalBadge kind={actor.kind} />
                </Group>,
              ],
              [
                'Targets',
                targets.length === 0
                  ? '—'
                  : targets.map(({ kind, id, name }) => (
                      <Text size="sm" key={`${kind} ${id} ${name}`}>
                        {words(kind)}{' '}
                        {id === null ? (
                          name
                        ) : (
                          <Anchor component={Link} href={filterHref({ target: id })} inherit>
                            {name}
                          </Anchor>
                        )}
                      </Text>
                    )),
              ],
              ['Cluster', record.cluster?.name ?? '—'],
              [
                'Operation',
                operationId ? (
                  <Anchor key="operation" component={Link} href={`/operations/${operationId}`} size="sm">
                    {operationId}
                  </Anchor>
                ) : (
                  '—'
                ),
              ],
              ['Took', record.durationMs === null ? '—' : duration(record.durationMs)],
              ['Request', record.requestId ? <Code key="request">{record.requestId}</Code> : '—'],
              ['From address', record.sourceAddress ?? '—'],
            ]}
          />
        </Card>
        <Card withBorder component="section" aria-labelledby="input">
          <Title order={2} id="input">
            {asked}
          </Title>
          {input === null || input === undefined ? (
            <Text size="sm" c="dimmed">
              {record.phase === 'OUTCOME' && operationId
                ? 'It is in the record of the intent.'
                : 'Nothing is kept of it.'}
            </Text>
          ) : (
            <Json value={input} label={asked} />
          )}
        </Card>
      </SimpleGrid>
      <Card withBorder component="section" aria-labelledby="chain">
        <Title order={2} id="chain">
          Its place in the chain
        </Title>
        <Facts
          label="Its place in the chain"
          facts={[
            ['Hash', <Code key="hash">{record.hash}</Code>],
            ['Hash of the one before', <Code key="previous">{record.previousHash}</Code>],
          ]}
        />
      </Card>
    </>
  );
};

/** @param seq of the address. */
export default ({ seq: asked }: { seq: string }) => {
  // As large as GraphQL's Int is.
  const seq = /^[1-9]\d{0,9}$/.test(asked) && Number(asked) < 2_147_483_647 ? Number(asked) : 0;
  const { data, errors, loading, reload } = useLiveQuery(
    AuditRecordPageDocument,
    { next: seq + 1 },
    { topics: ['audit'], pause: seq === 0 },
  );
  if (loading) return <Loading what="the record" />;
  if (errors.length > 0 && !data) return <Errors errors={errors} onRetry={reload} />;
  const [record, older] = data?.older.edges.map(({ node }) => node) ?? [];
  if (record?.seq !== seq)
    return (
      <Empty title="There is no such record">
        Or it is of a cluster that you do not see, or of the part of the history that was sealed away.{' '}
        <Anchor component={Link} href="/audit" underline="always">
          The history
        </Anchor>
      </Empty>
    );
  return (
    <Page
      title={`${actionWords(record.action)}, record ${record.seq}`}
      badges={
        <>
          <StateBadge state={record.phase} />
          {record.outcome && <StateBadge state={record.outcome} />}
          <When at={record.at} />
        </>
      }
      actions={
        <>
          <Neighbour is="older" seq={older?.seq} />
          <Neighbour is="newer" seq={data?.newer.edges[0]?.node.seq} />
        </>
      }
    >
      <Errors errors={errors} />
      <RecordView record={record} />
    </Page>
  );
};
