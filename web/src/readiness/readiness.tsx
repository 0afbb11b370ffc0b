// Whether hosts are fit for a swarm: the newest preflight, or the one that the address names, as a matrix.
import { Anchor, Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { IconRadar2 } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { PreflightsDocument, ReadinessOfDocument } from '../../generated/documents.ts';
import { useDialog } from '../acting/acting.tsx';
import { useLive, useLiveQuery } from '../live/live.tsx';
import { isFinal } from '../live/store.ts';
import { OperationView } from '../operations/operation-view.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { plural } from '../parts/words.ts';
import { usePermission } from '../session/viewer.tsx';
import { Findings } from './findings.tsx';
import { HostFacts } from './host-facts.tsx';
import { Matrix } from './matrix.tsx';
import { PreflightDialog } from './preflight-dialog.tsx';
import { PreflightList } from './preflight-list.tsx';

const pageSize = 10;
/** What one answer of the server has at most. */
const mostListed = 100;

const Shown = ({ id }: { id: string }) => {
  const isOpen = useLive(({ operations }) => {
    const live = operations.get(id);
    return live !== undefined && !isFinal(live);
  });
  // What a final one found stays as it is, and may be large: it is read once more at its end, and then no more.
  const { data, errors, loading, reload } = useLiveQuery(
    ReadinessOfDocument,
    { id },
    { topics: isOpen ? ['operation'] : [] },
  );
  if (loading) return <Loading what="the preflight" />;
  const operation = data?.operation;
  if (!operation)
    return errors.length > 0 ? (
      <Errors errors={errors} onRetry={reload} />
    ) : (
      <Empty title="There is no such preflight">Or it is of hosts that you do not see.</Empty>
    );
  const { readiness } = operation;
  const untested =
    readiness?.links.filter(({ needed, result }) => needed && result === 'UNTESTABLE').length ?? 0;
  return (
    <Stack>
      <Errors errors={errors} onRetry={reload} />
      {(!isFinal(operation) || operation.state !== 'SUCCEEDED') && <OperationView operation={operation} />}
      {readiness ? (
        <>
          <Card withBorder component="section" aria-labelledby="matrix">
            <Group gap="sm" mb="xs">
              <Title order={2} id="matrix">
                Between the hosts
              </Title>
              <Badge
                color={readiness.ready ? 'green' : 'red'}
                variant="light"
                radius="sm"
                tt="none"
                data-ready={readiness.ready}
              >
                {readiness.ready ? 'nothing blocks' : 'not ready'}
              </Badge>
              {untested > 0 && <Text size="sm">{plural(untested, 'needed port')} could not be tested</Text>}
              <Text size="sm" c="dimmed">
                <When at={operation.startedAt} />, by {operation.actor.name}
                {operation.reason && `: “${operation.reason}”`}
              </Text>
              <Anchor component={Link} href={`/operations/${operation.id}`} size="sm">
                The operation
              </Anchor>
            </Group>
            <Matrix key={operation.id} readiness={readiness} />
          </Card>
          <Card withBorder component="section" aria-labelledby="findings">
            <Title order={2} id="findings" mb="xs">
              What to do
            </Title>
            <Findings findings={readiness.findings} />
          </Card>
          <Card withBorder component="section" aria-labelledby="facts">
            <Title order={2} id="facts" mb="xs">
              The hosts
            </Title>
            <HostFacts hosts={readiness.hosts} />
          </Card>
        </>
      ) : (
        isFinal(operation) &&
        errors.length === 0 && <Text c="dimmed">It came to no result: nothing was probed.</Text>
      )}
    </Stack>
  );
};

export default () => {
  const [search] = useSearchParams();
  const open = useDialog();
  const whyNot = usePermission()('host:preflight');
  const hasHosts = useLive(({ hosts }) => hosts.size > 0);
  const [count, setCount] = useState(pageSize);
  const { data, errors, loading, reload } = useLiveQuery(
    PreflightsDocument,
    { first: Math.min(count, mostListed) },
    { topics: ['operation'] },
  );
  const preflights = data?.operations.edges.map(({ node }) => node) ?? [];
  const shown = search.get('operation') ?? preflights[0]?.id ?? null;
  const canShowMore = data?.operations.pageInfo.hasNextPage && count < mostListed;
  return (
    <Page
      title="Readiness"
      actions={
        <Button
          leftSection={<IconRadar2 size={16} aria-hidden />}
          disabled={whyNot !== null || !hasHosts}
          title={whyNot ?? (hasHosts ? undefined : 'No host is enrolled')}
          onClick={() => open((close) => <PreflightDialog onClose={close} />)}
        >
          Probe hosts
        </Button>
      }
    >
      <Errors errors={errors} onRetry={reload} />
      {loading ? (
        <Loading what="preflights" />
      ) : shown === null ? (
        errors.length === 0 && (
          <Empty title="No preflight yet">
            {whyNot
              ? `${whyNot}, with which agents are asked to probe each other.`
              : 'Let agents probe each other, before hosts are made a swarm or join one: which ports are open, whether clocks, engines and MTUs fit.'}
          </Empty>
        )
      ) : (
        <>
          <Shown key={shown} id={shown} />
          <Card withBorder component="section" aria-labelledby="earlier">
            <Title order={2} id="earlier" mb="xs">
              Preflights
            </Title>
            <PreflightList
              preflights={preflights}
              shown={shown}
              onMore={canShowMore ? () => setCount(mostListed) : null}
            />
            {data?.operations.pageInfo.hasNextPage && count >= mostListed && (
              <Text size="sm" c="dimmed">
                The newest {plural(mostListed, 'preflight')}; earlier ones are{' '}
                <Anchor
                  component={Link}
                  href="/audit?action=preflight&phase=OUTCOME"
                  inherit
                  underline="always"
                >
                  in the audit
                </Anchor>
                .
              </Text>
            )}
          </Card>
        </>
      )}
    </Page>
  );
};
