// All hosts: found by a filter that the address keeps, chosen one by one or all, and acted upon; and the way in for more.
import { Group, Select, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useLive } from '../live/live.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { plural, words } from '../parts/words.ts';
import { EnrolButton } from './enrol-button.tsx';
import { Enrolments } from './enrolments.tsx';
import { filterHosts, type HostFilter, readFilter, writeFilter } from './filter.ts';
import { HostMenu } from './host-menu.tsx';
import { HostTable } from './host-table.tsx';

const choices = (...values: string[]) => values.map((value) => ({ value, label: words(value) }));

export default () => {
  const [search, setSearch] = useSearchParams();
  const filter = readFilter(search);
  const change = (part: Partial<HostFilter>) =>
    setSearch((before) => writeFilter(before, { ...filter, ...part }), { replace: true });
  const all = useLive((live) => live.hosts);
  const isLoaded = useLive((live) => live.isLoaded);
  const address = search.toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter is another one when the address is
  const hosts = useMemo(() => filterHosts(all.values(), filter), [all, address]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const chosenHosts = useMemo(() => hosts.filter(({ id }) => chosen.has(id)), [hosts, chosen]);

  if (!isLoaded) return <Loading what="hosts" />;
  if (all.size === 0)
    return (
      <Page title="Hosts" actions={<EnrolButton />}>
        <Empty title="No hosts yet">
          A host is a machine with a Docker Engine and an agent of Skep. Enrol the first one: you get a
          command to run there.
        </Empty>
        <Enrolments />
      </Page>
    );
  return (
    <Page
      title="Hosts"
      badges={<Text c="dimmed">{hosts.length < all.size ? `${hosts.length} of ${all.size}` : all.size}</Text>}
      actions={
        <>
          <HostMenu
            hosts={chosenHosts}
            label={
              chosenHosts.length > 0 ? `Act on ${plural(chosenHosts.length, 'host')}` : 'Act on chosen hosts'
            }
          />
          <EnrolButton />
        </>
      }
    >
      <Group gap="xs" role="search" aria-label="Filter of hosts">
        <TextInput
          data-page-filter
          aria-label="Name, hostname, id or address"
          placeholder="Name, hostname, id or address  ( / )"
          value={filter.text}
          onChange={(event) => change({ text: event.currentTarget.value })}
          style={{ flex: 1, minWidth: 200 }}
        />
        <Select
          aria-label="Status"
          placeholder="Status"
          clearable
          w={160}
          data={choices('CONNECTED', 'DISCONNECTED', 'ENROLLED', 'QUARANTINED', 'REVOKED')}
          value={filter.status}
          onChange={(status) => change({ status })}
        />
        <Select
          aria-label="Membership"
          placeholder="Membership"
          clearable
          w={160}
          data={choices('MEMBER', 'NONE', 'ORPHANED', 'UNKNOWN')}
          value={filter.membership}
          onChange={(membership) => change({ membership })}
        />
      </Group>
      <HostTable hosts={hosts} filter={filter} chosen={chosen} onFilter={change} onChoose={setChosen} />
      <Enrolments />
    </Page>
  );
};
