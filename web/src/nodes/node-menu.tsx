// What can be done with the chosen nodes, by the server's own verdict.
import { lazy } from 'react';
import { ActMenu, byReason, judge } from '../acting/act-menu.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveNode } from '../live/store.ts';
import { usePermission } from '../session/viewer.tsx';
import { isDestructive, nodeAct, nodeActNames, nodeActTitles, whyNotAsked } from './node-acts.ts';
import { useHostOf } from './use-host-of.ts';

const LabelsDialog = lazy(() => import('./labels-dialog.tsx'));
const NodeActDialog = lazy(() => import('./node-act-dialog.tsx'));

export const NodeMenu = ({ nodes, label }: { nodes: readonly LiveNode[]; label: string }) => {
  const ask = useAsk();
  const hostOf = useHostOf();
  const permission = usePermission();
  const acts = nodeActNames.map((name) => ({
    title: nodeActTitles[name].title,
    isDestructive: isDestructive(name),
    verdict: () => {
      const whyNot = permission(nodeActTitles[name].permission) ?? whyNotAsked(name, nodes, hostOf);
      if (whyNot !== null) return byReason(whyNot);
      // Force is a choice of the dialog: without it a remove of a Ready node would look impossible.
      const options = name === 'remove' || name === 'decommission' ? { force: true } : {};
      return judge(nodeAct(name, { ask, nodes, hostOf, options }));
    },
    dialog: (close: () => void) => <NodeActDialog name={name} nodes={nodes} onClose={close} />,
  }));
  const labels = {
    title: 'Change labels',
    verdict: () => byReason(permission('node:label') ?? whyNotAsked('promote', nodes, hostOf)),
    dialog: (close: () => void) => <LabelsDialog nodes={nodes} onClose={close} />,
  };
  return <ActMenu label={label} acts={[...acts, labels]} isDisabled={nodes.length === 0} />;
};
