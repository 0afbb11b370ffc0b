// What a service is made of: what docker service inspect shows.
import { Card, Code, List, SimpleGrid, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ServicePageQuery, UpdatePolicyPartsFragment } from '../../generated/documents.ts';
import { Facts } from '../parts/facts.tsx';
import { When } from '../parts/when.tsx';
import { bytes, words } from '../parts/words.ts';
import { portWords } from './progress.ts';

export type ServiceWhole = NonNullable<ServicePageQuery['service']>;

const none = '—';
const listed = (values: readonly string[]): ReactNode =>
  values.length === 0 ? (
    none
  ) : (
    <List size="sm" listStyleType="none">
      {values.map((value) => (
        <List.Item key={value}>
          <Code>{value}</Code>
        </List.Item>
      ))}
    </List>
  );
const pairs = (labels: readonly { key: string; value: string }[]) =>
  listed(labels.map(({ key, value }) => (value ? `${key}=${value}` : key)));
const seconds = (value: number | null): string => (value === null ? none : `${value} s`);
const amount = (value: number | null, unit: (value: number) => string): string =>
  value === null ? none : unit(value);

const policyFacts = (policy: UpdatePolicyPartsFragment | null): [string, ReactNode][] =>
  policy === null
    ? [['Policy', 'Docker’s defaults']]
    : [
        [
          'At a time',
          policy.parallelism === null ? none : policy.parallelism === 0 ? 'all' : policy.parallelism,
        ],
        ['Delay', seconds(policy.delaySeconds)],
        ['Order', policy.order ? words(policy.order) : none],
        ['Monitored for', seconds(policy.monitorSeconds)],
        ['On failure', policy.failureAction ? words(policy.failureAction) : none],
        ['Failures allowed', amount(policy.maxFailureRatio, (ratio) => `${Math.round(100 * ratio)} %`)],
      ];

/** @param env null of each value: the key may not see them. */
const envOf = (env: ServiceWhole['env']): ReactNode => (
  <>
    {listed(env.map(({ name, value }) => (value === null ? name : `${name}=${value}`)))}
    {env.some(({ value }) => value === null) && (
      <Text size="sm" c="dimmed">
        The values are shown only to who holds service:write.
      </Text>
    )}
  </>
);

const FactCard = ({ title, facts }: { title: string; facts: readonly (readonly [string, ReactNode])[] }) => (
  <Card withBorder>
    <Title order={2}>{title}</Title>
    <Facts label={title} facts={facts} />
  </Card>
);

const files = (all: ServiceWhole['secrets']): ReactNode =>
  listed(
    all.map(({ name, fileName, uid, gid, mode }) =>
      [
        name,
        ...(fileName && fileName !== name ? [`as ${fileName}`] : []),
        ...(mode === null ? [] : [`${uid ?? 0}:${gid ?? 0} ${mode.toString(8).padStart(4, '0')}`]),
      ].join(' '),
    ),
  );

export const ServiceFacts = ({
  service,
  nameOf,
}: {
  service: ServiceWhole;
  /** Of a network. */
  nameOf: (id: string) => string;
}) => {
  const { resources, restartPolicy } = service;
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <FactCard
        title="Service"
        facts={[
          ['Id', <Code key="id">{service.id}</Code>],
          ['Mode', words(service.mode)],
          ['Replicas', service.replicas ?? 'one on each node that fits'],
          ['Most on one node', service.maxReplicasPerNode ?? 'any number'],
          ['Constraints', listed(service.constraints)],
          ['Spread over', listed(service.preferences)],
          ['Labels', pairs(service.labels)],
          ['Created', <When key="created" at={service.createdAt} />],
          ['Changed', <When key="updated" at={service.updatedAt} />],
          ['Version', service.version],
        ]}
      />
      <FactCard
        title="Container"
        facts={[
          ['Image', service.image ? <Code key="image">{service.image}</Code> : none],
          ['Command', service.command.join(' ') || none],
          ['Arguments', service.args.join(' ') || none],
          ['User', service.user ?? none],
          ['Folder', service.workingDirectory ?? none],
          ['Stops within', seconds(service.stopGraceSeconds)],
          ['Environment', envOf(service.env)],
          ['Labels', pairs(service.containerLabels)],
          ['Capabilities', listed(service.capabilitiesAdd)],
          ['Reaches into hosts by', service.privileged.length > 0 ? listed(service.privileged) : 'nothing'],
        ]}
      />
      <FactCard
        title="Networks and ports"
        facts={[
          ['Networks', listed(service.networks.map(nameOf))],
          ['Endpoint', service.endpointMode],
          ['Ports', listed(service.ports.map(portWords))],
        ]}
      />
      <FactCard
        title="Mounts, secrets and configs"
        facts={[
          [
            'Mounts',
            listed(
              service.mounts.map(
                ({ type, source, target, readOnly }) =>
                  `${words(type)} ${source ?? ''} → ${target}${readOnly ? ', read only' : ''}`,
              ),
            ),
          ],
          ['Secrets', files(service.secrets)],
          ['Configs', files(service.configs)],
        ]}
      />
      <FactCard title="Update policy" facts={policyFacts(service.updateConfig)} />
      <FactCard title="Rollback policy" facts={policyFacts(service.rollbackConfig)} />
      <FactCard
        title="Resources of a task"
        facts={[
          ['CPUs at most', amount(resources.cpuLimit, String)],
          ['CPUs set aside', amount(resources.cpuReservation, String)],
          ['Memory at most', amount(resources.memoryLimitBytes, bytes)],
          ['Memory set aside', amount(resources.memoryReservationBytes, bytes)],
        ]}
      />
      <FactCard
        title="Restart policy"
        facts={
          restartPolicy
            ? [
                ['When', restartPolicy.condition ? words(restartPolicy.condition) : none],
                ['Delay', seconds(restartPolicy.delaySeconds)],
                ['Attempts', restartPolicy.maxAttempts || 'any number'],
                ['Within', seconds(restartPolicy.windowSeconds)],
              ]
            : [['Policy', 'Docker’s defaults']]
        }
      />
    </SimpleGrid>
  );
};
