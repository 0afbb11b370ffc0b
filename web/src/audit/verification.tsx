// Whether the history is what it was: read only when somebody asks, for the server reads all of it.
import { Alert, Anchor, Button, Card, Code, Group, Stack, Table, Text, Title } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { VerifyAuditDocument, type VerifyAuditQuery } from '../../generated/documents.ts';
import { useAsk } from '../live/live.tsx';
import { type ApiError, RequestError } from '../live/transport.ts';
import { Errors } from '../parts/states.tsx';
import { When } from '../parts/when.tsx';
import { plural } from '../parts/words.ts';
import { Wrong } from '../parts/wrong.tsx';
import { usePermission } from '../session/viewer.tsx';

type Found = VerifyAuditQuery['verifyAudit'];

const Witnesses = ({ witnesses }: { witnesses: Found['witnesses'] }) =>
  witnesses.length === 0 ? (
    <Text size="sm" c="dimmed">
      No agent answered as a witness, or you do not see hosts as a whole.
    </Text>
  ) : (
    <Table aria-label="Witnesses of the history">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Witness</Table.Th>
          <Table.Th>Heads kept</Table.Th>
          <Table.Th>Newest</Table.Th>
          <Table.Th>Verdict</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {witnesses.map(({ hostId, hostName, held, branched, newest, contradiction }) => (
          <Table.Tr key={hostId}>
            <Table.Td>
              <Anchor component={Link} href={`/hosts/${hostId}`} size="sm">
                {hostName}
              </Anchor>
            </Table.Td>
            <Table.Td>
              {held}
              {branched > 0 && ` (${branched} of before a backup was restored)`}
            </Table.Td>
            <Table.Td>
              {newest ? (
                <>
                  record {newest.seq}, <When at={newest.at} />
                </>
              ) : (
                '—'
              )}
            </Table.Td>
            <Table.Td>
              {contradiction ? (
                <Wrong>contradicts: changed at record {contradiction.seq} or before</Wrong>
              ) : (
                'agrees'
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );

export const Verification = () => {
  const ask = useAsk();
  const whyNot = usePermission()('audit:read');
  const [found, setFound] = useState<{ at: number; result: Found } | null>(null);
  const [errors, setErrors] = useState<readonly ApiError[]>([]);
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    setErrors([]);
    try {
      const { verifyAudit } = await ask(VerifyAuditDocument, {});
      setFound({ at: Date.now(), result: verifyAudit });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      setErrors(error.errors);
    } finally {
      setBusy(false);
    }
  };
  const result = found?.result;
  return (
    <Card withBorder component="section" aria-labelledby="verification">
      <Stack gap="sm">
        <Group justify="space-between">
          <div>
            <Title order={2} id="verification">
              Verification
            </Title>
            <Text size="sm" c="dimmed">
              Reads the whole history, checks each link and each signed head, and asks the agents what they
              keep.
            </Text>
          </div>
          <Button
            variant="default"
            loading={busy}
            disabled={whyNot !== null}
            title={whyNot ?? undefined}
            onClick={() => void verify()}
          >
            Verify the history
          </Button>
        </Group>
        <Errors errors={errors} />
        {result && (
          <Stack gap="sm" role="status" data-verified={result.ok}>
            <Alert
              color={result.ok ? 'green' : 'red'}
              icon={result.ok ? <IconShieldCheck aria-hidden /> : <IconShieldX aria-hidden />}
              title={result.ok ? 'The history is unbroken' : 'The history was changed'}
            >
              <Text size="sm">
                {plural(result.checked, 'record')} fit, and {plural(result.signedHeads, 'signed head')};{' '}
                <When at={found?.at} />.
              </Text>
              {result.fault && (
                <Text size="sm" fw={600}>
                  <Anchor component={Link} href={`/audit/${result.fault.seq}`} inherit underline="always">
                    Record {result.fault.seq}
                  </Anchor>
                  : {result.fault.message}
                </Text>
              )}
              {result.head && (
                <Text size="sm">
                  Head: record {result.head.seq}, <Code>{result.head.hash}</Code>
                </Text>
              )}
            </Alert>
            <Witnesses witnesses={result.witnesses} />
          </Stack>
        )}
      </Stack>
    </Card>
  );
};
