// What is known of a host, card by card.
import { Alert, Badge, Card, Code, Group, List, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { HostPageQuery } from '../../generated/documents.ts';
import type { LiveHost } from '../live/store.ts';
import { StateBadge } from '../parts/badges.tsx';
import { Facts } from '../parts/facts.tsx';
import { When } from '../parts/when.tsx';
import { bytes, words } from '../parts/words.ts';
import { allowsServices } from './host-acts.ts';
import { HostMembership } from './host-membership.tsx';

type More = NonNullable<HostPageQuery['host']>;
type Head = NonNullable<NonNullable<More['auditWitness']>['newest']>;

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <Card withBorder component="section" aria-label={title}>
    <Title order={2} mb="xs">
      {title}
    </Title>
    {children}
  </Card>
);

export const MachineCard = ({ host, more }: { host: LiveHost; more: More | undefined }) => {
  const { engine } = host;
  return (
    <Section title="Engine and machine">
      {engine ? (
        <Facts
          label="Engine and machine"
          facts={[
            ['Engine', engine.version],
            ['API', `${engine.apiVersion}${more?.engine ? `, from ${more.engine.minApiVersion}` : ''}`],
            ['Engine id', more?.engine ? <Code key="id">{more.engine.id}</Code> : '…'],
            ['Operating system', `${engine.operatingSystem}${more?.engine ? `, ${more.engine.osType}` : ''}`],
            ['Kernel', `${engine.kernelVersion}, ${engine.architecture}`],
            ['CPUs', engine.cpus],
            ['Memory', bytes(engine.memoryBytes)],
            ['Storage driver', engine.storageDriver],
            ['Engine labels', more?.engine?.labels.join(', ') || '—'],
          ]}
        />
      ) : (
        <Text size="sm" c="dimmed">
          {host.engineFailure
            ? `The engine does not answer its agent: ${host.engineFailure}`
            : 'Its agent has not told of its engine yet.'}
        </Text>
      )}
    </Section>
  );
};

/** What networks need of the kernel, and what goes wrong without. */
const features = [
  ['overlay', 'Overlay networks (VXLAN)'],
  ['virtualIps', 'Virtual IPs and ingress ports (IPVS)'],
  ['encryption', 'Encrypted networks (ESP)'],
] as const;

export const KernelCard = ({ more }: { more: More | undefined }) => (
  <Section title="Kernel features">
    {more?.kernel ? (
      <Stack gap="xs">
        <Facts
          label="Kernel features"
          facts={features.map(([name, title]) => [
            title,
            <StateBadge key={name} state={more.kernel?.[name] ?? 'UNKNOWN'} />,
          ])}
        />
        {more.kernel.lacks.length > 0 ? (
          <Alert color="yellow" title="What does not work here">
            <List size="sm">
              {more.kernel.lacks.map((each) => (
                <List.Item key={each}>{each}</List.Item>
              ))}
            </List>
          </Alert>
        ) : (
          <Text size="sm" c="dimmed">
            Nothing is known to be missing.
          </Text>
        )}
      </Stack>
    ) : (
      <Text size="sm" c="dimmed">
        Its agent has not told, or cannot tell from where it runs.
      </Text>
    )}
  </Section>
);

export const SwarmCard = ({ host }: { host: LiveHost }) => {
  const { swarm } = host;
  return (
    <Section title="Swarm">
      <Facts
        label="Swarm"
        facts={[
          ['Membership', <HostMembership key="membership" host={host} />],
          ['Says of itself', swarm ? <StateBadge key="local" state={swarm.localState} /> : '—'],
          ['Node id', swarm?.nodeId ? <Code key="node">{swarm.nodeId}</Code> : '—'],
          ['Node address', swarm?.nodeAddress || '—'],
          ['Answers as a manager', swarm?.controlAvailable ? 'yes' : 'no'],
          ['Trouble', swarm?.error || '—'],
        ]}
      />
    </Section>
  );
};

export const AddressCard = ({ host }: { host: LiveHost }) => (
  <Section title="Addresses">
    {host.addresses.length === 0 ? (
      <Text size="sm" c="dimmed">
        None were told.
      </Text>
    ) : (
      <List listStyleType="none" size="sm">
        {host.addresses.map(({ address, interface: name, prefixLength }) => (
          <List.Item key={`${name} ${address}`}>
            <Code>
              {address}/{prefixLength}
            </Code>{' '}
            on {name}
          </List.Item>
        ))}
      </List>
    )}
  </Section>
);

export const AgentCard = ({ host }: { host: LiveHost }) => (
  <Section title="Agent">
    <Stack gap="xs">
      <Facts
        label="Agent"
        facts={[
          ['Version', host.agentVersion ?? '—'],
          ['Enrolled', <When key="enrolled" at={host.enrolledAt} />],
          ['Changed or lost', <When key="seen" at={host.lastSeenAt} />],
          ['Host id', <Code key="id">{host.id}</Code>],
        ]}
      />
      <Text size="sm" fw={500}>
        What it allows
      </Text>
      {!allowsServices(host) && host.allow.length > 0 && (
        <Text size="sm" c="dimmed">
          No services can be made through it: start it with SKEP_AGENT_ALLOW=default,services.
        </Text>
      )}
      <Group gap={4}>
        {host.allow.map((each) => (
          <Badge key={each} variant="default" tt="none" radius="sm">
            {each}
          </Badge>
        ))}
        {host.allow.length === 0 && (
          <Text size="sm" c="dimmed">
            It has not told.
          </Text>
        )}
      </Group>
    </Stack>
  </Section>
);

const headWords = ({ seq, hash, generation }: Head) => (
  <>
    record {seq} <Code>{hash.slice(0, 16)}</Code> of generation <Code>{generation.slice(0, 8)}</Code>
  </>
);

export const WitnessCard = ({ more }: { more: More | undefined }) => {
  const witness = more?.auditWitness;
  return (
    <Section title="Audit witness">
      {witness ? (
        <Stack gap="xs">
          <Text size="sm">
            {witness.newest ? (
              <>
                Its agent keeps {headWords(witness.newest)}, signed <When at={witness.newest.at} />.
              </>
            ) : (
              'Its agent has not told of a head since the server started.'
            )}
          </Text>
          {witness.contradiction ? (
            <Alert color="red" title="It contradicts the history">
              It holds {headWords(witness.contradiction.held)}; the history has{' '}
              {witness.contradiction.hash ? (
                <Code>{witness.contradiction.hash.slice(0, 16)}</Code>
              ) : (
                'nothing'
              )}{' '}
              there. Found <When at={witness.contradiction.at} />.
            </Alert>
          ) : (
            <Text size="sm" c="dimmed">
              Nothing that it holds contradicts the history.
            </Text>
          )}
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          {more ? 'Its agent has told nothing, or you do not hold audit:read.' : '…'}
        </Text>
      )}
    </Section>
  );
};

export const quarantineTitle = (reason: string): string => `In quarantine: ${words(reason)}`;
