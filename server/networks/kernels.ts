// What the kernels of a cluster's hosts cannot do with a network: said before it is made, since it would fail in silence.
import { lacking } from '../clusters/kernel.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Hosts } from '../hosts/registry.ts';
import { allClear, type Verdict } from '../operations/action.ts';
import type { Guard, Warning } from '../operations/operation.ts';

export const judgeKernels = (
  parts: { clusters: Clusters; hosts: Hosts },
  { cluster, encrypted }: { cluster: string; encrypted: boolean },
): Verdict => {
  const esp = lacking(parts, cluster, 'encryption');
  const vxlan = lacking(parts, cluster, 'overlay');
  const guards: Guard[] =
    encrypted && esp.missing.length > 0
      ? [
          {
            guard: 'KERNEL_LACKS_ESP',
            message: `the kernels of ${esp.missing.join(', ')} have no ESP: packets of the network between them and other hosts would be dropped without a word, though names resolve`,
          },
        ]
      : [];
  const warnings: Warning[] = [
    ...(encrypted && esp.unknown.length > 0
      ? [
          {
            code: 'KERNEL_ESP_UNKNOWN',
            message: `whether the kernels of ${esp.unknown.join(', ')} have ESP is not known: without it packets of the network are dropped there without a word`,
            target: null,
          },
        ]
      : []),
    ...(vxlan.missing.length > 0
      ? [
          {
            code: 'KERNEL_LACKS_VXLAN',
            message: `the kernels of ${vxlan.missing.join(', ')} have no VXLAN: tasks on the network do not start there`,
            target: null,
          },
        ]
      : []),
  ];
  return { ...allClear, guards, warnings };
};
