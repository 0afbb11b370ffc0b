// What a cancel means, before it is asked for.
import { CancelOperationDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveOperation } from '../live/store.ts';
import { actionWords } from '../parts/words.ts';

export default ({
  operation: { id, action },
  onClose,
}: {
  operation: LiveOperation;
  onClose: () => void;
}) => {
  const act = createAct(
    useAsk(),
    CancelOperationDocument,
    { id },
    {
      title: 'Cancel the operation',
      subject: actionWords(action),
      meaning:
        'No further step is begun. What was done stays done, but for a drain, whose nodes get their earlier availability back.',
      permission: 'operation:cancel',
    },
  );
  return <ActDialog act={act} onClose={onClose} />;
};
