// One rolling maintenance that runs: where each node stands, and what can be said to it.
import { Accordion, Alert, Button, Card, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import type { Act } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useDialog } from '../acting/acting.tsx';
import { useAsk } from '../live/live.tsx';
import { OperationView } from '../operations/operation-view.tsx';
import { When } from '../parts/when.tsx';
import { plural } from '../parts/words.ts';
import { usePermission } from '../session/viewer.tsx';
import { MaintenanceNodes } from './maintenance-nodes.tsx';
import { cancel, goAhead, pause, resume } from './steering.ts';
import { awaitedTurn, type Maintaining, progressOf } from './waiting.ts';

export const Running = ({ maintaining }: { maintaining: Maintaining }) => {
  const ask = useAsk();
  const open = useDialog();
  const permission = usePermission();
  const whyNot = permission('maintenance:run');
  const whyNotCancel = permission('operation:cancel');
  const { id, maintenance, cluster, progress, actor, startedAt, reason } = maintaining;
  const turn = awaitedTurn(maintaining);
  const subject = `maintenance of ${cluster?.name ?? 'the cluster'}`;
  const waiting = progressOf(maintaining).filter(({ isWaiting }) => isWaiting);
  const say = (act: Act) => open((close) => <ActDialog act={act} onClose={close} />);
  const isPaused = maintenance?.pausedBy != null;
  const off = { disabled: whyNot !== null, title: whyNot ?? undefined };
  return (
    <Card withBorder component="section" aria-labelledby={`running-${id}`} data-maintenance={id}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} id={`running-${id}`}>
            {cluster?.name ?? 'Rolling maintenance'}
          </Title>
          <Group gap="xs">
            {isPaused ? (
              <Button
                {...off}
                leftSection={<IconPlayerPlay size={16} aria-hidden />}
                onClick={() => say(resume(ask, id, subject))}
              >
                Resume
              </Button>
            ) : (
              <Button
                {...off}
                variant="default"
                leftSection={<IconPlayerPause size={16} aria-hidden />}
                onClick={() => say(pause(ask, id, subject))}
              >
                Pause
              </Button>
            )}
            <Button
              disabled={waiting.length === 0 || whyNot !== null}
              title={whyNot ?? (waiting.length === 0 ? 'No node waits' : undefined)}
              onClick={() => say(goAhead(ask, id, waiting))}
            >
              {waiting.length === 0 ? 'Let all go on' : `Let ${plural(waiting.length, 'node')} go on`}
            </Button>
            <Button
              variant="default"
              disabled={whyNotCancel !== null}
              title={whyNotCancel ?? undefined}
              onClick={() => say(cancel(ask, id, subject))}
            >
              Cancel
            </Button>
          </Group>
        </Group>
        {isPaused && (
          <Alert color="yellow" title={`Paused by ${maintenance?.pausedBy}`}>
            No further node is begun; those in work are carried through.
          </Alert>
        )}
        <Text size="sm" c="dimmed">
          By {actor.name}, <When at={startedAt} />
          {reason && `: “${reason}”`}.
          {maintenance &&
            ` At most ${plural(maintenance.maxUnavailable, 'node')} at once in work, drained or not Ready.`}
        </Text>
        {progress && (
          <div role="status">
            <Text size="sm">
              {progress.done} of {progress.total} {progress.unit}
              {turn && !isPaused && `; the next one is not begun: ${turn}`}
            </Text>
            <Progress
              aria-label={`${progress.done} of ${progress.total} ${progress.unit}`}
              value={progress.total === 0 ? 100 : (100 * progress.done) / progress.total}
              animated
            />
          </div>
        )}
        <MaintenanceNodes
          maintaining={maintaining}
          whyNot={whyNot}
          onGoAhead={(nodes) => say(goAhead(ask, id, nodes))}
        />
        <Accordion variant="contained">
          <Accordion.Item value="steps">
            <Accordion.Control>All its steps, warnings and guards</Accordion.Control>
            <Accordion.Panel>
              <OperationView operation={maintaining} />
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      </Stack>
    </Card>
  );
};
