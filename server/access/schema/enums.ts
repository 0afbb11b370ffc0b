// Enums of access.
import { builder } from '../../graphql/builder.ts';
import type { roleNames } from '../permissions.ts';

export const RoleEnum = builder.enumType('Role', {
  description:
    'Of an API key or a person: viewer < operator < admin. secret:reveal and cluster:force are in no role: they are given by name.',
  values: {
    VIEWER: { value: 'viewer', description: 'Reads.' },
    OPERATOR: { value: 'operator', description: 'Availability, labels, promotion.' },
    ADMIN: { value: 'admin', description: 'All the rest.' },
  } as const satisfies Record<string, { value: (typeof roleNames)[number]; description: string }>,
});
