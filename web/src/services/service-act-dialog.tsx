// The dialog of an act on services, with what this act asks beyond the reason.
import { NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { ServiceSeen } from './progress.ts';
import { type ServiceActName, serviceAct } from './service-acts.ts';

export const ServiceActDialog = ({
  name,
  services,
  onClose,
}: {
  name: ServiceActName;
  services: readonly ServiceSeen[];
  onClose: () => void;
}) => {
  const ask = useAsk();
  const [replicas, setReplicas] = useState<ReadonlyMap<string, number | null>>(
    new Map(services.map((service) => [service.id, service.replicas ?? 1])),
  );
  const [image, setImage] = useState(services[0]?.image ?? '');
  const answered = new Map([...replicas].filter((pair): pair is [string, number] => pair[1] !== null));
  const isComplete =
    name === 'scale'
      ? answered.size === services.length &&
        services.some((service) => answered.get(service.id) !== service.replicas)
      : name !== 'image' || (image.trim() !== '' && image.trim() !== services[0]?.image);
  const act = serviceAct(name, { ask, services, replicas: answered, image: image.trim() });
  return (
    <ActDialog act={act} onClose={onClose} isComplete={isComplete}>
      {name === 'scale' &&
        services.map((service) => (
          <NumberInput
            key={service.id}
            label={services.length === 1 ? 'Replicas' : `Replicas of ${service.name}`}
            description={`now ${service.replicas ?? '?'}, ${service.runningTasks ?? '?'} running`}
            value={replicas.get(service.id) ?? ''}
            onChange={(value) =>
              setReplicas(new Map(replicas).set(service.id, typeof value === 'number' ? value : null))
            }
            min={0}
            allowDecimal={false}
          />
        ))}
      {name === 'image' && (
        <TextInput
          label="Image"
          value={image}
          onChange={(event) => setImage(event.currentTarget.value)}
          spellCheck={false}
          required
        />
      )}
    </ActDialog>
  );
};
