// What can be done with the chosen hosts. What the server would refuse is disabled, with the server's reason.
import { lazy } from 'react';
import { ActMenu, byReason, judge, type Verdict } from '../acting/act-menu.tsx';
import { useAsk, useLive } from '../live/live.tsx';
import type { LiveHost } from '../live/store.ts';
import { usePermission } from '../session/viewer.tsx';
import {
  forcePermission,
  type HostActName,
  hostActNames,
  hostActTitles,
  isDestructive,
  judgedAct,
  whyNotAsked,
} from './host-acts.ts';

const HostActDialog = lazy(async () => ({ default: (await import('./host-act-dialog.tsx')).HostActDialog }));

/** The server speaks of some hosts by their ids. */
const named = (text: string, hosts: readonly LiveHost[]): string =>
  hosts.reduce((told, { id, name }) => told.replaceAll(id, name), text);

export const HostMenu = ({ hosts, label }: { hosts: readonly LiveHost[]; label: string }) => {
  const ask = useAsk();
  const clusters = useLive((live) => live.clusters);
  const permission = usePermission();
  const verdictOf = async (name: HostActName): Promise<Verdict> => {
    const why = permission(hostActTitles[name].permission) ?? whyNotAsked(name, hosts, clusters);
    if (why) return byReason(why);
    const mayForce = permission(forcePermission) === null;
    const act = judgedAct(name, { ask, hosts, clusters, mayForce });
    if (!act) return byReason(null);
    const verdict = await judge(act);
    return { ...verdict, why: verdict.why && named(verdict.why, hosts) };
  };
  const acts = hostActNames.map((name) => ({
    title: hostActTitles[name].title,
    isDestructive: isDestructive(name),
    verdict: () => verdictOf(name),
    dialog: (close: () => void) => <HostActDialog name={name} hosts={hosts} onClose={close} />,
  }));
  return <ActMenu label={label} acts={acts} isDisabled={hosts.length === 0} />;
};
