// `skep network`: overlay networks, in Docker's words.
import type { Command } from 'commander';
import { act, onEach } from '../act.ts';
import { group, leaf, manyParsed, plain, repeated, type Setting } from '../command.ts';
import { misuse, notFound } from '../complaint.ts';
import { theCluster } from '../find.ts';
import {
  CreateNetworkDocument,
  NetworksDocument,
  type NetworkToldFragment,
  RemoveNetworkDocument,
} from '../generated/documents.ts';
import { allOf } from '../pages.ts';
import { type Column, printList } from '../print.ts';
import type { Session } from '../session.ts';
import { parseLabel } from '../values.ts';

const columns: Column<NetworkToldFragment>[] = [
  ['NETWORK ID', ({ id }) => id.slice(0, 12)],
  ['NAME', ({ name }) => name],
  ['DRIVER', ({ driver }) => driver ?? ''],
  ['SCOPE', ({ scope }) => scope],
];

const list = async (session: Session): Promise<NetworkToldFragment[]> => {
  const { id: cluster } = await theCluster(session);
  return allOf(async (after) => (await session.ask(NetworksDocument, { cluster, after })).networks);
};

/** As `docker network inspect` has it, of what Skep knows. */
const dockerNetwork = (network: NetworkToldFragment): object => ({
  Name: network.name,
  Id: network.id,
  Scope: network.scope,
  Driver: network.driver,
  EnableIPv6: network.ipv6,
  Internal: network.internal,
  Attachable: network.attachable,
  Ingress: network.ingress,
  IPAM: {
    Config: network.subnets.map(({ subnet, gateway, ipRange }) => ({
      Subnet: subnet,
      ...(gateway ? { Gateway: gateway } : {}),
      ...(ipRange ? { IPRange: ipRange } : {}),
    })),
  },
  Options: network.encrypted ? { encrypted: '' } : {},
  Labels: Object.fromEntries(network.labels.map(({ key, value }) => [key, value])),
});

const isEncrypted = (opts: readonly string[]): boolean =>
  opts
    .map((text) => {
      const { key, value } = parseLabel(text);
      if (key !== 'encrypted') throw misuse(`--opt ${key}: there is encrypted alone`);
      return value !== 'false';
    })
    .some((yes) => yes);

export const addNetwork = (setting: Setting, program: Command): void => {
  const network = group(program, 'network', 'Manage overlay networks');

  leaf(
    setting,
    network,
    'ls',
    { summary: 'List networks', aliases: ['list'], examples: ['network ls', 'network ls --format json'] },
    plain,
    async (session) => {
      printList(session, await list(session), columns, ({ id }) => id);
      return 'succeeded';
    },
  );

  leaf<{
    driver?: string;
    opt?: string[];
    subnet?: string[];
    gateway?: string[];
    ipRange?: string[];
    attachable?: boolean;
    internal?: boolean;
    ipv6?: boolean;
    label?: { key: string; value: string }[];
  }>(
    setting,
    network,
    'create <name>',
    {
      summary: 'Make an overlay network',
      acts: true,
      examples: [
        'network create --driver overlay front',
        'network create --opt encrypted --subnet 10.20.0.0/24 back',
      ],
    },
    (command) =>
      command
        .option('-d, --driver <driver>', 'overlay, which is the default')
        .addOption(repeated('-o, --opt <option>', 'encrypted'))
        .addOption(repeated('--subnet <subnet>', 'in CIDR form; may be repeated'))
        .addOption(repeated('--gateway <address>', 'of the subnet in the same place'))
        .addOption(repeated('--ip-range <range>', 'of the subnet in the same place'))
        .option('--attachable', 'plain containers may join')
        .option('--internal', 'no way out of it')
        .option('--ipv6', 'with IPv6')
        .addOption(manyParsed('--label <key[=value]>', 'label', parseLabel)),
    async (session, [name = ''], options) => {
      const {
        driver = 'overlay',
        opt = [],
        subnet = [],
        gateway,
        ipRange,
        attachable,
        internal,
        ipv6,
      } = options;
      if (driver !== 'overlay') throw misuse(`--driver ${driver}: Skep makes overlay networks`);
      const input = {
        name,
        cluster: (await theCluster(session)).id,
        attachable,
        internal,
        ipv6,
        encrypted: isEncrypted(opt) || undefined,
        labels: options.label,
        subnets: subnet.map((each, at) => ({ subnet: each, gateway: gateway?.[at], ipRange: ipRange?.[at] })),
      };
      return act(session, CreateNetworkDocument, input, options, (operation) => [
        operation.targets[0]?.id ?? name,
      ]);
    },
  );

  leaf(
    setting,
    network,
    'inspect <network...>',
    { summary: 'Show networks in full', examples: ['network inspect front'] },
    plain,
    async (session, names) => {
      const all = await list(session);
      const found = names.map((wanted) => {
        const one = all.find(({ id, name }) => name === wanted || id === wanted || id.startsWith(wanted));
        if (!one) throw notFound(`there is no network ${wanted}`, 'list them: skep network ls');
        return one;
      });
      session.out(JSON.stringify(found.map(dockerNetwork), null, 4));
      return 'succeeded';
    },
  );

  leaf(
    setting,
    network,
    'rm <network...>',
    { summary: 'Remove networks', acts: true, aliases: ['remove'], examples: ['network rm front'] },
    plain,
    async (session, names, options) => {
      const { id: cluster } = await theCluster(session);
      return onEach(session, names, options, (name, own) =>
        act(session, RemoveNetworkDocument, { cluster, network: name }, own, () => [name]),
      );
    },
  );
};
