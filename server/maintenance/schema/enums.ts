// Enums of rolling maintenance.
import { builder } from '../../graphql/builder.ts';
import { phases, proceedKinds } from '../plan.ts';

export const ProceedOnEnum = builder.enumType('ProceedOn', {
  description:
    'What a drained node waits for. GO_AHEAD: `proceedMaintenance`. HOOK: a 2xx answer of an HTTP hook that the server’s configuration names. RESTART: that its engine or machine was seen to go away (or `proceedMaintenance`). NONE: nothing. Open: expect new values.',
  values: proceedKinds,
});
export const MaintenancePhaseEnum = builder.enumType('MaintenancePhase', {
  description:
    'DRAIN: its tasks move away. GO_AHEAD: it waits to be let go on. BACK: host and node are waited for. ACTIVATE: it gets its availability back, or has it. Open: expect new values.',
  values: phases,
});
