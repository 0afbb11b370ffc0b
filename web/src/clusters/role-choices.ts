// The two roles that a host may join as.
import type { NodeRole } from '../../generated/documents.ts';

export const roleChoices = [
  { value: 'WORKER', label: 'Worker' },
  { value: 'MANAGER', label: 'Manager' },
] as const satisfies readonly { value: NodeRole; label: string }[];
