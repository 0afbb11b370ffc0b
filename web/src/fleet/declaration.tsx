// What a cluster was declared to be, by whom, and what differs from it by now.
import { Accordion, Alert, Anchor, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconGitCompare } from '@tabler/icons-react';
import { Link } from 'wouter';
import { type DeclarationsQuery, ForgetFleetDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useDialog } from '../acting/acting.tsx';
import { useAsk } from '../live/live.tsx';
import { Copyable } from '../parts/copy.tsx';
import { When } from '../parts/when.tsx';
import { plural } from '../parts/words.ts';
import { usePermission } from '../session/viewer.tsx';
import { Differences } from './differences.tsx';

type Declared = DeclarationsQuery['clusters'][number];

const Drift = ({ fleet }: { fleet: NonNullable<Declared['fleet']> }) => (
  <div className={fleet.failure ? 'stale' : undefined} data-drift={fleet.drift.length}>
    {fleet.drift.length > 0 ? (
      <Alert
        color="yellow"
        icon={<IconGitCompare aria-hidden />}
        title={`${plural(fleet.drift.length, 'difference')} from what was declared`}
      >
        <Text size="sm">
          Something differs since <When at={fleet.driftSince} empty="an unknown time" />. It is never put
          right by itself: apply the document again, or another one.
        </Text>
        <Differences differences={fleet.drift} label="Drift" />
      </Alert>
    ) : (
      fleet.checkedAt !== null && (
        <Alert
          color="green"
          icon={<IconCircleCheck aria-hidden />}
          title="Nothing differs from what was declared"
        />
      )
    )}
  </div>
);

export const Declaration = ({
  cluster: { id, name, fleet },
  onEdit,
}: {
  cluster: Declared;
  onEdit: (document: string) => void;
}) => {
  const ask = useAsk();
  const open = useDialog();
  const whyNot = usePermission()('fleet:apply');
  const heading = `declared-${id}`;
  const forget = () => {
    const act = createAct(
      ask,
      ForgetFleetDocument,
      { cluster: id },
      {
        title: 'Forget the declaration',
        subject: name,
        meaning: 'Ends the watch of what the cluster was declared to be. The cluster stays as it is.',
        permission: 'fleet:apply',
        confirm: name,
      },
    );
    open((close) => <ActDialog act={act} onClose={close} />);
  };
  return (
    <Card withBorder component="section" aria-labelledby={heading}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} id={heading}>
            {name}
          </Title>
          {fleet && (
            <Group gap="xs">
              <Button size="xs" variant="default" onClick={() => onEdit(fleet.document)}>
                Take its document up
              </Button>
              <Button
                size="xs"
                variant="default"
                disabled={whyNot !== null}
                title={whyNot ?? undefined}
                onClick={forget}
              >
                Forget
              </Button>
            </Group>
          )}
        </Group>
        {!fleet ? (
          <Text size="sm" c="dimmed">
            Nothing was declared: no fleet document was applied, or it was forgotten.
          </Text>
        ) : (
          <>
            <Text size="sm">
              Declared by {fleet.actor.name}, <When at={fleet.appliedAt} />
              {fleet.operation && (
                <>
                  {' '}
                  (
                  <Anchor
                    component={Link}
                    href={`/operations/${fleet.operation.id}`}
                    size="sm"
                    underline="always"
                  >
                    its application
                  </Anchor>
                  )
                </>
              )}
              . Last looked at: <When at={fleet.checkedAt} empty="not since the server started" />.
            </Text>
            {fleet.failure && (
              <Alert color="red" title={fleet.failure.code}>
                <Text size="sm">
                  The last look saw nothing, so this is of the one before: {fleet.failure.message}
                </Text>
                {fleet.failure.hint && (
                  <Text size="sm" c="dimmed">
                    {fleet.failure.hint}
                  </Text>
                )}
              </Alert>
            )}
            <Drift fleet={fleet} />
            <Accordion variant="contained">
              <Accordion.Item value="document">
                <Accordion.Control>The document as it was given</Accordion.Control>
                <Accordion.Panel>
                  <Copyable text={fleet.document} label={`document of ${name}`} />
                </Accordion.Panel>
              </Accordion.Item>
            </Accordion>
          </>
        )}
      </Stack>
    </Card>
  );
};
