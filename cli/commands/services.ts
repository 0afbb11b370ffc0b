// `skep service`: in Docker's words.
import type { Command } from 'commander';
import { act, onEach } from '../act.ts';
import { group, leaf, parsed, plain, type Setting } from '../command.ts';
import { misuse, notFound } from '../complaint.ts';
import { theCluster } from '../find.ts';
import {
  CreateServiceDocument,
  RemoveServiceDocument,
  RollbackServiceDocument,
  ScaleServiceDocument,
  ServiceInFullDocument,
  type ServiceMode,
  type ServiceRowFragment,
  ServicesDocument,
  ServiceTasksDocument,
  UpdateServiceDocument,
} from '../generated/documents.ts';
import { allOf } from '../pages.ts';
import { type Column, printList } from '../print.ts';
import { addServiceFlags, type ServiceFlags, serviceFields } from '../service-flags.ts';
import { taskColumns } from '../tasks.ts';
import { parseCount, parseDuration, parseWord } from '../values.ts';

const ports = ({ ports: all }: ServiceRowFragment): string =>
  all
    .map(({ published, target, protocol }) => `*:${published ?? ''}->${target}/${protocol.toLowerCase()}`)
    .join(', ');

const columns: Column<ServiceRowFragment>[] = [
  ['ID', ({ id }) => id.slice(0, 12)],
  ['NAME', ({ name }) => name],
  ['MODE', ({ mode }) => mode.toLowerCase().replaceAll('_', '-')],
  ['REPLICAS', ({ runningTasks, desiredTasks }) => `${runningTasks ?? '?'}/${desiredTasks ?? '?'}`],
  ['IMAGE', ({ image }) => (image ?? '').replace(/@sha256:.*/, '')],
  ['PORTS', ports],
];

const waiting = <Options extends { detach?: boolean; wait?: number | false }>(options: Options): Options =>
  options.detach ? { ...options, wait: false } : options;

export const addService = (setting: Setting, program: Command): void => {
  const service = group(program, 'service', 'Manage services');

  leaf(
    setting,
    service,
    'ls',
    { summary: 'List services', aliases: ['list'], examples: ['service ls', 'service ls -q'] },
    plain,
    async (session) => {
      const { id: cluster } = await theCluster(session);
      const services = await allOf(
        async (after) => (await session.ask(ServicesDocument, { cluster, after })).services,
      );
      printList(session, services, columns, ({ id }) => id);
      return 'succeeded';
    },
  );

  leaf(
    setting,
    service,
    'ps <service...>',
    { summary: 'List the tasks of services', examples: ['service ps web'] },
    plain,
    async (session, names) => {
      const { id: cluster } = await theCluster(session);
      const tasks = [];
      for (const id of names) {
        const { service: found } = await session.ask(ServiceTasksDocument, { cluster, id });
        if (!found) throw notFound(`there is no service ${id}`, 'list them: skep service ls');
        tasks.push(...(found.tasks ?? []));
      }
      printList(session, tasks, await taskColumns(session, [cluster]), ({ id }) => id);
      return 'succeeded';
    },
  );

  leaf(
    setting,
    service,
    'inspect <service...>',
    {
      summary: 'Show services in full, as JSON; of the environment the names alone',
      examples: ['service inspect web'],
    },
    plain,
    async (session, names) => {
      const { id: cluster } = await theCluster(session);
      const found = [];
      for (const id of names) {
        const { service: one } = await session.ask(ServiceInFullDocument, { cluster, id });
        if (!one) throw notFound(`there is no service ${id}`, 'list them: skep service ls');
        found.push(one);
      }
      session.out(JSON.stringify(found, null, 4));
      return 'succeeded';
    },
  );

  leaf<ServiceFlags & { mode?: ServiceMode }>(
    setting,
    service,
    'create <image> [command...]',
    {
      summary: 'Make a service, and wait until its tasks run',
      acts: true,
      examples: [
        'service create --name web --replicas 3 -p 8080:80 nginx:1.27',
        'service create --name job --env-file secrets.env --constraint node.labels.zone==b busybox sleep 1d',
      ],
    },
    (command) =>
      addServiceFlags(
        command
          .passThroughOptions()
          .option('--name <name>', 'its name')
          .addOption(parsed('--mode <mode>', 'replicated or global', parseWord('REPLICATED', 'GLOBAL'))),
      ),
    async (session, [image = '', ...args], options) => {
      if (options.name === undefined) throw misuse('the service has no name', 'give --name');
      const input = {
        ...serviceFields(options),
        name: options.name,
        mode: options.mode,
        image,
        args: args.filter((word) => word !== undefined).length > 0 ? args : undefined,
        cluster: (await theCluster(session)).id,
      };
      return act(session, CreateServiceDocument, input, waiting(options), (operation) => [
        operation.targets[0]?.id ?? options.name ?? '',
      ]);
    },
  );

  leaf<ServiceFlags & { image?: string; args?: string; force?: boolean; rollback?: boolean }>(
    setting,
    service,
    'update <service>',
    {
      summary:
        'Change a service, and wait until its tasks run; a list that is given replaces the one that was',
      acts: true,
      examples: [
        'service update --image nginx:1.28 web',
        'service update --force --update-parallelism 1 web',
      ],
    },
    (command) =>
      addServiceFlags(
        command
          .option('--image <image>', 'its image')
          .option('--args <words>', 'arguments, split at spaces')
          .option('--force', 'make its tasks anew even when nothing else changes')
          .option('--rollback', 'as service rollback'),
      ),
    async (session, [name = ''], options) => {
      const { id: cluster } = await theCluster(session);
      const { deadline: deadlineSeconds } = options;
      if (options.rollback)
        return act(
          session,
          RollbackServiceDocument,
          { cluster, service: name, deadlineSeconds },
          waiting(options),
          () => [name],
        );
      const input = {
        ...serviceFields(options),
        service: name,
        cluster,
        image: options.image,
        args: options.args?.split(/ +/),
        forceUpdate: options.force,
      };
      return act(session, UpdateServiceDocument, input, waiting(options), () => [name]);
    },
  );

  leaf<{ deadline?: number; detach?: boolean }>(
    setting,
    service,
    'scale <service=replicas...>',
    {
      summary: 'Change how many tasks replicated services have',
      acts: true,
      examples: ['service scale web=5 worker=2'],
    },
    (command) =>
      command
        .addOption(parsed('--deadline <duration>', 'how long it may take; default 10m', parseDuration))
        .option('-d, --detach', 'as --no-wait'),
    async (session, pairs, options) => {
      const services = pairs.map((pair) => {
        const [, name, count] = /^(.+)=(.*)$/.exec(pair) ?? [];
        if (name === undefined || count === undefined)
          throw misuse(`${pair} is no scale`, 'write it as web=5');
        return { service: name, replicas: parseCount(count) };
      });
      const { id: cluster } = await theCluster(session);
      const input = { cluster, services, deadlineSeconds: options.deadline };
      return act(session, ScaleServiceDocument, input, waiting(options), () =>
        services.map(({ service: name, replicas }) => `${name} scaled to ${replicas}`),
      );
    },
  );

  leaf<{ deadline?: number; detach?: boolean }>(
    setting,
    service,
    'rollback <service>',
    {
      summary: 'Put a service back as it was before its newest change',
      acts: true,
      examples: ['service rollback web'],
    },
    (command) =>
      command
        .addOption(parsed('--deadline <duration>', 'how long it may take; default 10m', parseDuration))
        .option('-d, --detach', 'as --no-wait'),
    async (session, [name = ''], options) => {
      const { id: cluster } = await theCluster(session);
      const input = { cluster, service: name, deadlineSeconds: options.deadline };
      return act(session, RollbackServiceDocument, input, waiting(options), () => [name]);
    },
  );

  leaf(
    setting,
    service,
    'rm <service...>',
    { summary: 'Remove services', acts: true, aliases: ['remove'], examples: ['service rm web'] },
    plain,
    async (session, names, options) => {
      const { id: cluster } = await theCluster(session);
      return onEach(session, names, options, (name, own) =>
        act(session, RemoveServiceDocument, { cluster, service: name }, own, () => [name]),
      );
    },
  );
};
