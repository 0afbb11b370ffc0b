// A time, as it is far from now; the exact one on hover and for screen readers.
import { Text, Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { ago, moment } from './words.ts';

/** Draws anew every ten seconds. */
const useNow = (): number => {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(now, Date.now() - 10_000);
};

export const When = ({ at, empty = 'never' }: { at: string | number | null | undefined; empty?: string }) => {
  useNow();
  if (at === null || at === undefined)
    return (
      <Text span c="dimmed" inherit>
        {empty}
      </Text>
    );
  return (
    <Tooltip label={moment(at)}>
      <time dateTime={new Date(at).toISOString()}>{ago(at)}</time>
    </Tooltip>
  );
};
