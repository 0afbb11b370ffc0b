// removeNetwork: docker network rm, of a network that nothing uses any more.
import * as z from 'zod';
import { canAskManager, judgeChange, type ObjectParts, tellManager } from '../clusters/ask-manager.ts';
import { findCluster, whyReadOnly } from '../clusters/find.ts';
import { type Action, allClear, refused } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import { attachedTo, findNetwork, readNetworks } from './network.ts';

const input = z.object({ cluster: z.string().min(1), network: z.string().trim().min(1) });
type Input = z.infer<typeof input>;
type Plan = { cluster: string; networkId: string; name: string };

const observeMs = 30_000;

export const removeNetworkAction = (parts: ObjectParts): Action<Input, Plan> => ({
  name: 'removeNetwork',
  permission: 'network:write',
  input: input as z.ZodType<Input>,
  named: ({ network }) => [{ kind: 'NETWORK', name: network }],
  resolve: async ({ cluster, network: ref }, requester) => {
    const readOnly = whyReadOnly(findCluster(parts.clusters, cluster, parts.scopeOf, requester));
    if (readOnly) throw readOnly;
    const { id, name } = findNetwork((await readNetworks(parts, cluster)).networks, ref);
    return {
      clusterId: cluster,
      plan: { cluster, networkId: id, name },
      targets: [{ kind: 'NETWORK', id, name }],
      locks: [`networks:${cluster}`],
    };
  },
  reachable: ({ cluster }) => canAskManager(parts, cluster),
  judge: ({ cluster, networkId, name }) =>
    judgeChange(parts.clusters, cluster, async () => {
      const { networks, services } = await readNetworks(parts, cluster);
      const network = networks.find(({ id }) => id === networkId);
      if (!network) return refused(new Failure('NOT_FOUND', `network ${name} is gone`, 'list networks'));
      if (network.ingress)
        return refused(
          new Failure(
            'NETWORK_NEEDED',
            `${name} is the ingress network: no published port would be reached`,
            'leave it; or replace it by hand, with docker network rm and create --ingress',
          ),
        );
      const users = attachedTo(services, networkId);
      if (users.length > 0)
        return refused(
          new Failure(
            'IN_USE',
            `network ${name} is in use by ${users.map((service) => service.name).join(', ')}`,
            'take the services off it, or remove them',
          ),
        );
      return allClear;
    }),
  act: (run, { cluster, networkId }) =>
    run.each(async () => {
      await run.step('remove', networkId, () =>
        tellManager(parts, run, cluster, 'remove', { __typename: 'RemoveNetwork', network: networkId }),
      );
      await run.step('observe', networkId, async () => {
        let at = parts.clock.now();
        const gone = await waitFor(
          async () => {
            at = parts.clock.now();
            const now = await readNetworks(parts, cluster).catch(failureIsNull);
            return now && !now.networks.some(({ id }) => id === networkId) ? true : null;
          },
          { timeoutMs: observeMs, signal: run.signal },
        );
        if (!gone)
          throw new Failure('OUTCOME_UNKNOWN', 'the network was still seen', 'list networks, then decide');
        run.unknown(false);
        run.observed(at);
        run.changed(networkId, [{ path: 'listed', old: true, new: false }]);
      });
    }),
});
