// A fleet document, pasted or loaded from a file; what it would change, and its application.
import { Button, Card, FileButton, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { useState } from 'react';
import { PlanFleetDocument } from '../../generated/documents.ts';
import { useDialog } from '../acting/acting.tsx';
import { useAsk } from '../live/live.tsx';
import { type ApiError, RequestError } from '../live/transport.ts';
import { Errors } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { usePermission } from '../session/viewer.tsx';
import { ApplyDialog } from './apply-dialog.tsx';
import { type Plan, PlanView } from './plan.tsx';

/** Characters that the server takes. */
const longest = 131_072;

const example = `skepFleet: 1
cluster: production
nodes:
  - host: alpha
    role: manager
    labels: { zone: a }`;

type Planned = { document: string; at: number; plan: Plan | null };

export const Editor = ({
  document: text,
  onChange,
}: {
  document: string;
  onChange: (document: string) => void;
}) => {
  const ask = useAsk();
  const open = useDialog();
  const permission = usePermission();
  const [planned, setPlanned] = useState<Planned | null>(null);
  const [errors, setErrors] = useState<readonly ApiError[]>([]);
  const [busy, setBusy] = useState(false);
  const whyNotPlan = permission('cluster:read') ?? permission('host:read');
  const whyNotApply = permission('fleet:apply');
  const isEmpty = text.trim() === '';
  const isTooLong = text.length > longest;

  const plan = async () => {
    setBusy(true);
    setErrors([]);
    setPlanned(null);
    try {
      const { planFleet } = await ask(PlanFleetDocument, { document: text });
      setPlanned({ document: text, at: Date.now(), plan: planFleet });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      setErrors(error.errors);
    } finally {
      setBusy(false);
    }
  };
  const current = planned?.document === text ? planned.plan : null;
  // Nobody applies what they have not seen: the plan of this very document comes first.
  const whyNotYet = whyNotApply ?? (current ? null : 'Show what differs first');
  const apply = () =>
    current && open((close) => <ApplyDialog document={text} plan={current} onClose={close} />);
  const load = async (file: File | null) => {
    if (file) onChange(await file.text());
  };

  return (
    <Card withBorder component="section" aria-labelledby="document">
      <Stack>
        <div>
          <Title order={2} id="document">
            Fleet document
          </Title>
          <Text size="sm" c="dimmed">
            YAML or JSON: which host is which node, with which role, availability and labels, and which
            networks and services there are. No secrets: it is kept and shown.
          </Text>
        </div>
        <Textarea
          aria-label="Fleet document"
          placeholder={example}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          autosize
          minRows={8}
          maxRows={28}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          error={isTooLong ? `${text.length} characters; the server takes ${longest}` : undefined}
        />
        <Group gap="xs">
          <Button
            onClick={() => void plan()}
            loading={busy}
            disabled={isEmpty || isTooLong || whyNotPlan !== null}
            title={whyNotPlan ?? undefined}
          >
            Show what differs
          </Button>
          <Button
            variant="default"
            onClick={apply}
            disabled={whyNotYet !== null}
            title={whyNotYet ?? undefined}
          >
            Apply …
          </Button>
          <FileButton onChange={(file) => void load(file)} accept=".yaml,.yml,.json,text/plain">
            {(button) => (
              <Button variant="default" {...button}>
                Load a file
              </Button>
            )}
          </FileButton>
        </Group>
        {whyNotApply && (
          <Text size="sm" c="dimmed">
            {whyNotApply}, with which a document is applied.
          </Text>
        )}
        <Errors errors={errors} />
        {planned && (
          <div className={planned.document === text ? undefined : 'stale'} role="status">
            <Text size="sm" c="dimmed" mb="xs">
              {planned.document === text
                ? 'Read live, '
                : 'Of the document before it was changed: ask again. It was read '}
              <When at={planned.at} />
            </Text>
            {planned.plan ? (
              <PlanView plan={planned.plan} />
            ) : (
              <Text>The cluster that it names by an id is not there, or you do not see it.</Text>
            )}
          </div>
        )}
      </Stack>
    </Card>
  );
};
