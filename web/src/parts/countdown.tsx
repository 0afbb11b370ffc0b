// How long something is still good for, by the second.
import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { moment } from './words.ts';

/** Milliseconds until then, drawn anew each second; 0 once it is over. */
export const useLeft = (at: string): number => {
  const left = () => Math.max(0, Date.parse(at) - Date.now());
  const [leftMs, setLeftMs] = useState(left);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is left is of the time alone
  useEffect(() => {
    setLeftMs(left());
    const timer = setInterval(() => setLeftMs(left()), 1_000);
    return () => clearInterval(timer);
  }, [at]);
  return leftMs;
};

const clock = (ms: number): string => {
  const seconds = Math.ceil(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** @param over what is said when it is over. */
export const Countdown = ({ at, over = 'expired' }: { at: string; over?: string }) => {
  const leftMs = useLeft(at);
  return (
    <Text span inherit ff="monospace" role="timer" title={moment(at)} c={leftMs === 0 ? 'dimmed' : undefined}>
      {leftMs === 0 ? over : clock(leftMs)}
    </Text>
  );
};
