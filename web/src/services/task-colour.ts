// A colour of a task's state; its word is always beside it.
import type { MantineColor } from '@mantine/core';

export const taskColour = (state: string): MantineColor =>
  ({ running: 'green', failed: 'red', rejected: 'red', orphaned: 'red', complete: 'gray', shutdown: 'gray' })[
    state.toLowerCase()
  ] ?? 'yellow';
