// A key is ended, at once and for good.
import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { RevokeApiKeyDocument } from '../../generated/documents.ts';
import { createAct } from '../acting/act.ts';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import { useViewer } from '../session/viewer.tsx';
import type { ApiKey } from './keys.ts';

export const RevokeDialog = ({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) => {
  const ask = useAsk();
  const viewer = useViewer();
  const act = createAct(
    ask,
    RevokeApiKeyDocument,
    { id: apiKey.id },
    {
      title: 'Revoke',
      subject: apiKey.name,
      meaning: 'Whatever uses the key is refused from now on, and its open connections and sessions end.',
      permission: 'key:admin',
      confirm: apiKey.name,
    },
  );
  return (
    <ActDialog act={act} onClose={onClose}>
      {apiKey.id === viewer.id && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="This is your own key">
          You are signed out as soon as it is revoked, and need another key to come back.
        </Alert>
      )}
    </ActDialog>
  );
};
