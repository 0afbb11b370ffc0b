// Whether what is on the screen is of now: live, reconnecting, or stale since.
import { Badge, type MantineColor } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useLive } from '../live/live.tsx';
import type { Link } from '../live/store.ts';

/** Milliseconds without a line before values are greyed and dated. */
const staleAfterMs = 5_000;

/** When the values on the screen were last known to hold; null: they are of now. */
export const useStaleSince = (): number | null => {
  const link = useLive((live) => live.link);
  const [, draw] = useState(0);
  useEffect(() => {
    if (link.state !== 'reconnecting') return;
    const timer = setTimeout(
      () => draw((count) => count + 1),
      Math.max(0, link.since + staleAfterMs - Date.now()) + 20,
    );
    return () => clearTimeout(timer);
  }, [link]);
  return link.state === 'reconnecting' && Date.now() - link.since >= staleAfterMs ? link.since : null;
};

const colours: Record<Link['state'], MantineColor> = {
  connecting: 'gray',
  live: 'green',
  reconnecting: 'yellow',
};

export const LinkState = () => {
  const link = useLive((live) => live.link);
  const staleSince = useStaleSince();
  return (
    <Badge
      role="status"
      aria-live="polite"
      color={staleSince === null ? colours[link.state] : 'red'}
      variant="light"
      tt="none"
      data-testid="link-state"
    >
      {staleSince === null ? link.state : `stale since ${new Date(staleSince).toLocaleTimeString()}`}
    </Badge>
  );
};
