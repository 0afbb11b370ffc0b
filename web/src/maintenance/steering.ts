// What can be said to a rolling maintenance while it runs.
import {
  CancelOperationDocument,
  PauseMaintenanceDocument,
  ProceedMaintenanceDocument,
  ResumeMaintenanceDocument,
} from '../../generated/documents.ts';
import { type Act, createAct } from '../acting/act.ts';
import type { Ask } from '../live/transport.ts';
import { plural } from '../parts/words.ts';
import type { Progressing } from './waiting.ts';

const permission = 'maintenance:run';

export const pause = (ask: Ask, operation: string, subject: string): Act =>
  createAct(
    ask,
    PauseMaintenanceDocument,
    { operation },
    {
      title: 'Pause',
      subject,
      meaning: 'No further node is begun; those in work are carried through.',
      permission,
    },
  );

export const resume = (ask: Ask, operation: string, subject: string): Act =>
  createAct(
    ask,
    ResumeMaintenanceDocument,
    { operation },
    { title: 'Resume', subject, meaning: 'Further nodes are begun again.', permission },
  );

/** @param nodes these; all that are seen to wait, so that none goes on that came to wait meanwhile. */
export const goAhead = (ask: Ask, operation: string, nodes: readonly Progressing[]): Act => {
  const [first] = nodes;
  return createAct(
    ask,
    ProceedMaintenanceDocument,
    { operation, nodes: nodes.map(({ id }) => id) },
    {
      title: 'Go ahead',
      subject: first && nodes.length === 1 ? first.name : plural(nodes.length, 'node'),
      meaning:
        'The work on the host is done: host and node are waited for, and then the node gets its availability back.',
      permission,
    },
  );
};

export const cancel = (ask: Ask, operation: string, subject: string): Act =>
  createAct(
    ask,
    CancelOperationDocument,
    { id: operation },
    {
      title: 'Cancel',
      subject,
      meaning:
        'Nodes in work get their availability back, also those whose hosts are away now; the others are left as they are.',
      permission: 'operation:cancel',
    },
  );
