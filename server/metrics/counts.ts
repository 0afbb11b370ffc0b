// What is called where something happens: made before the parts that call it, and knowing none of them.
import { createAuditMetrics } from './audit.ts';
import { createCallerMetrics } from './callers.ts';
import { createCommandMetrics } from './commands.ts';
import { createOperationMetrics } from './operations.ts';

export type Counts = ReturnType<typeof createCounts>;

/** A slice that has something to count gets a file beside these, and a line here. */
export const createCounts = () => ({
  audit: createAuditMetrics(),
  callers: createCallerMetrics(),
  commands: createCommandMetrics(),
  operations: createOperationMetrics(),
});
