// The pages in the navigation, in the order that operators need them.
import {
  IconActivity,
  IconAffiliate,
  IconChecklist,
  IconFileDescription,
  IconHexagons,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconLock,
  IconServer2,
  IconStack2,
  IconTool,
} from '@tabler/icons-react';

export const sections = [
  { href: '/', title: 'Overview', icon: IconLayoutDashboard },
  { href: '/nodes', title: 'Nodes', icon: IconHexagons },
  { href: '/hosts', title: 'Hosts', icon: IconServer2 },
  { href: '/services', title: 'Services', icon: IconStack2 },
  { href: '/networks', title: 'Networks', icon: IconAffiliate },
  { href: '/secrets', title: 'Secrets and configs', icon: IconLock },
  { href: '/readiness', title: 'Readiness', icon: IconChecklist },
  { href: '/fleet', title: 'Fleet', icon: IconFileDescription },
  { href: '/maintenance', title: 'Maintenance', icon: IconTool },
  { href: '/operations', title: 'Operations', icon: IconActivity },
  { href: '/audit', title: 'Audit', icon: IconHistory },
  { href: '/access', title: 'Access', icon: IconKey },
] as const;

export const isAt = (href: string, path: string): boolean =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
