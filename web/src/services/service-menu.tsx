// What can be done with the chosen services. What cannot be is disabled, with the reason.
import { ActMenu, byReason } from '../acting/act-menu.tsx';
import { usePermission } from '../session/viewer.tsx';
import type { ServiceSeen } from './progress.ts';
import { ServiceActDialog } from './service-act-dialog.tsx';
import { serviceActNames, serviceActTitles, whyNotAsked } from './service-acts.ts';

export const ServiceMenu = ({ services, label }: { services: readonly ServiceSeen[]; label: string }) => {
  const permission = usePermission();
  const acts = serviceActNames.map((name) => ({
    title: serviceActTitles[name],
    isDestructive: name === 'remove',
    verdict: () => byReason(permission('service:write') ?? whyNotAsked(name, services)),
    dialog: (close: () => void) => <ServiceActDialog name={name} services={services} onClose={close} />,
  }));
  return <ActMenu label={label} acts={acts} isDisabled={services.length === 0} />;
};
