// Around every page: where one can go, whether it is live, what is under way, who is signed in.
import {
  ActionIcon,
  AppShell,
  Badge,
  Box,
  Burger,
  Button,
  Group,
  Kbd,
  Menu,
  NavLink,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLogout, IconMoon, IconSearch, IconSun, IconUser } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useLive } from '../live/live.tsx';
import { isFinal } from '../live/store.ts';
import { Errors } from '../parts/states.tsx';
import { plural, words } from '../parts/words.ts';
import { signOutEverywhere } from '../session/session.ts';
import { useViewer } from '../session/viewer.tsx';
import { LinkState, useStaleSince } from './link-state.tsx';
import { isAt, sections } from './sections.ts';
import { useShortcuts } from './shortcuts.ts';

const Search = lazy(() => import('./search.tsx'));

const OpenOperations = () => {
  const open = useLive(({ operations }) => {
    let count = 0;
    for (const operation of operations.values()) if (!isFinal(operation) && !operation.dryRun) count += 1;
    return count;
  });
  if (open === 0) return null;
  return (
    <Badge
      component={Link}
      href="/operations?open=true"
      color="blue"
      variant="light"
      tt="none"
      style={{ cursor: 'pointer' }}
    >
      {plural(open, 'open operation')}
    </Badge>
  );
};

const ColourScheme = () => {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`To ${other}`}>
      <ActionIcon
        variant="default"
        size="lg"
        onClick={() => setColorScheme(other)}
        aria-label={`Change to ${other} colours`}
      >
        {other === 'dark' ? <IconMoon size={18} aria-hidden /> : <IconSun size={18} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
};

const ViewerMenu = ({ onSignOut }: { onSignOut: () => void }) => {
  const { kind, name, role } = useViewer();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconUser size={16} aria-hidden />}>
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {kind === 'PERSON' ? name : `Key ${name}`}, {words(role).toLowerCase()}
        </Menu.Label>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={onSignOut}>
          Sign out
        </Menu.Item>
        {kind === 'PERSON' && (
          <Menu.Item
            leftSection={<IconLogout size={16} aria-hidden />}
            onClick={() => void signOutEverywhere()}
          >
            Sign out at the provider, too
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
};

export const Shell = ({ onSignOut, children }: { onSignOut: () => void; children: ReactNode }) => {
  const [path] = useLocation();
  const [isMenuOpen, { toggle, close }] = useDisclosure();
  const [isSearching, setSearching] = useState(false);
  const failure = useLive((live) => live.failure);
  const isLoaded = useLive((live) => live.isLoaded);
  const staleSince = useStaleSince();
  useShortcuts({ onSearch: () => setSearching(true) });
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}
      padding="md"
    >
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={isMenuOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <img src="/skep.svg" alt="" width={28} height={28} />
            <Text fw={700} size="lg">
              Skep
            </Text>
            <LinkState />
            <OpenOperations />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              onClick={() => setSearching(true)}
              leftSection={<IconSearch size={16} aria-hidden />}
              rightSection={<Kbd size="xs">Ctrl K</Kbd>}
              visibleFrom="sm"
            >
              Search
            </Button>
            <ColourScheme />
            <ViewerMenu onSignOut={onSignOut} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        {sections.map(({ href, title, icon: Icon }) => (
          <NavLink
            key={href}
            component={Link}
            href={href}
            label={title}
            leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
            active={isAt(href, path)}
            aria-current={isAt(href, path) ? 'page' : undefined}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        {failure && !isLoaded && (
          <Errors errors={[{ code: 'UNREACHABLE', message: failure, hint: 'trying again …' }]} />
        )}
        <Box className={staleSince === null ? undefined : 'stale'}>{children}</Box>
      </AppShell.Main>
      <Suspense>{isSearching && <Search onClose={() => setSearching(false)} />}</Suspense>
    </AppShell>
  );
};
