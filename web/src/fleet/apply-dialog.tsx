// Carries a fleet document out, with the steps that its plan has.
import { List, Text } from '@mantine/core';
import { ApplyFleetDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import { actionWords, plural, words } from '../parts/words.ts';
import type { Plan } from './plan.tsx';

export const ApplyDialog = ({
  document,
  plan: { steps },
  onClose,
}: {
  document: string;
  plan: Plan;
  onClose: () => void;
}) => {
  const ask = useAsk();
  const act = createAct(
    ask,
    ApplyFleetDocument,
    { document },
    {
      title: 'Apply',
      subject: `the fleet document, ${plural(steps.length, 'step')}`,
      meaning:
        'Each step is an operation of its own, with its own guards. After one that fails none is begun; applied again, it goes on there. Nothing is removed.',
      permission: 'fleet:apply',
    },
  );
  return (
    <ActDialog act={act} onClose={onClose}>
      {steps.length === 0 ? (
        <Text size="sm">Nothing differs: the document becomes what drift is told from.</Text>
      ) : (
        <List type="ordered" size="sm" aria-label="Steps, in their order">
          {steps.map(({ key, mutation, kind, name }) => (
            <List.Item key={key}>
              {actionWords(mutation)}: {words(kind)} {name}
            </List.Item>
          ))}
        </List>
      )}
    </ActDialog>
  );
};
