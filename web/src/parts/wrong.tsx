// Text that says what is wrong, in a red that is read on light and dark grounds, alerts included.
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

export const Wrong = ({
  children,
  size = 'sm',
  title,
}: {
  children: ReactNode;
  size?: 'xs' | 'sm';
  title?: string;
}) => (
  <Text
    size={size}
    title={title}
    style={{ color: 'light-dark(var(--mantine-color-red-9), var(--mantine-color-red-3))' }}
  >
    {children}
  </Text>
);
