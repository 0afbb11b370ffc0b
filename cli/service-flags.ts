// Docker's flags of services, and the fields of the contract that they are.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { manyParsed, parsed, repeated } from './command.ts';
import { misuse } from './complaint.ts';
import type {
  CreateServiceInput,
  EndpointMode,
  MountInput,
  PublishedPortInput,
  RestartCondition,
  ServiceFileInput,
  UpdateFailureAction,
  UpdateOrder,
  UpdatePolicyInput,
} from './generated/documents.ts';
import { parseBytes, parseCount, parseDuration, parseLabel, parseNumber, parseWord } from './values.ts';

type Label = { key: string; value: string };

/** `a=1,b=2,readonly` as a map. */
const parseFields = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(',').map((field) => {
      const { key, value } = parseLabel(field);
      return [key, value];
    }),
  );

const protocolOf = parseWord('TCP', 'UDP', 'SCTP');

/** `8080:80`, `53:53/udp`, `80`, or `published=8080,target=80,protocol=tcp,mode=host`. */
export const parsePort = (text: string): PublishedPortInput => {
  if (text.includes('=')) {
    const { published, target, protocol, mode } = parseFields(text);
    if (target === undefined) throw misuse(`--publish ${text} names no target`);
    return {
      target: parseCount(target),
      ...(published ? { published: parseCount(published) } : {}),
      ...(protocol ? { protocol: protocolOf(protocol) } : {}),
      ...(mode ? { mode: parseWord('HOST', 'INGRESS')(mode) } : {}),
    };
  }
  const [, published, target, protocol] = /^(?:(\d+):)?(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
  if (target === undefined) throw misuse(`--publish ${text} is no port`, 'write it as 8080:80 or 53:53/udp');
  return {
    target: Number(target),
    ...(published ? { published: Number(published) } : {}),
    ...(protocol ? { protocol: protocolOf(protocol) } : {}),
  };
};

/** `type=bind,source=/a,target=/b,readonly`. */
const parseMount = (text: string): MountInput => {
  const fields = parseFields(text);
  const target = fields.target ?? fields.destination ?? fields.dst;
  if (target === undefined) throw misuse(`--mount ${text} names no target`);
  const readOnly = fields.readonly ?? fields.ro;
  return {
    type: parseWord('BIND', 'VOLUME', 'TMPFS')(fields.type ?? 'volume'),
    source: fields.source ?? fields.src,
    target,
    ...(readOnly === undefined ? {} : { readOnly: readOnly !== 'false' }),
  };
};

/** `name`, or `source=name,target=file,uid=0,gid=0,mode=0400`. */
const parseFile = (text: string): ServiceFileInput => {
  if (!text.includes('=')) return { ref: text };
  const { source, src, target, uid, gid, mode } = parseFields(text);
  const ref = source ?? src;
  if (ref === undefined) throw misuse(`${text} names no source`);
  return { ref, fileName: target, uid, gid, mode: mode === undefined ? undefined : Number.parseInt(mode, 8) };
};

const parseSpread = (text: string): string => text.replace(/^spread=/, '');

/** `KEY=value`, or `KEY`, whose value is the one of this process's environment, as Docker has it. */
const parseVariable = (text: string): { name: string; value: string } => {
  const { key: name, value } = parseLabel(text);
  return { name, value: text.includes('=') ? value : (process.env[name] ?? '') };
};

const readVariables = (path: string): { name: string; value: string }[] => {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw misuse(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map(parseVariable);
};

type PolicyFlags<Of extends string> = {
  [Key in `${Of}Parallelism`]?: number;
} & { [Key in `${Of}Delay` | `${Of}Monitor`]?: number } & { [Key in `${Of}Order`]?: UpdateOrder } & {
  [Key in `${Of}FailureAction`]?: UpdateFailureAction;
} & { [Key in `${Of}MaxFailureRatio`]?: number };

export type ServiceFlags = PolicyFlags<'update'> &
  PolicyFlags<'rollback'> & {
    name?: string;
    replicas?: number;
    label?: Label[];
    containerLabel?: Label[];
    env?: { name: string; value: string }[];
    envFile?: string[];
    publish?: PublishedPortInput[];
    mount?: MountInput[];
    constraint?: string[];
    placementPref?: string[];
    replicasMaxPerNode?: number;
    network?: string[];
    secret?: ServiceFileInput[];
    config?: ServiceFileInput[];
    entrypoint?: string[];
    user?: string;
    workdir?: string;
    capAdd?: string[];
    endpointMode?: EndpointMode;
    stopGracePeriod?: number;
    limitCpu?: number;
    limitMemory?: number;
    reserveCpu?: number;
    reserveMemory?: number;
    restartCondition?: RestartCondition;
    restartDelay?: number;
    restartMaxAttempts?: number;
    restartWindow?: number;
    deadline?: number;
    detach?: boolean;
  };

const policyFlags = (command: Command, of: 'update' | 'rollback'): void => {
  command
    .addOption(parsed(`--${of}-parallelism <count>`, 'tasks at a time; 0: all', parseCount))
    .addOption(parsed(`--${of}-delay <duration>`, 'between one group and the next', parseDuration))
    .addOption(parsed(`--${of}-monitor <duration>`, 'how long a failure counts after a start', parseDuration))
    .addOption(
      parsed(`--${of}-order <order>`, 'start-first or stop-first', parseWord('START_FIRST', 'STOP_FIRST')),
    )
    .addOption(
      parsed(
        `--${of}-failure-action <action>`,
        of === 'update' ? 'pause, continue or rollback' : 'pause or continue',
        parseWord('PAUSE', 'CONTINUE', 'ROLLBACK'),
      ),
    )
    .addOption(parsed(`--${of}-max-failure-ratio <ratio>`, 'of tasks that may fail, 0 to 1', parseNumber));
};

/** What create and update have in common. */
export const addServiceFlags = (command: Command): Command => {
  command
    .addOption(parsed('--replicas <count>', 'number of tasks', parseCount))
    .addOption(manyParsed('-l, --label <key[=value]>', 'label of the service', parseLabel))
    .addOption(manyParsed('--container-label <key[=value]>', 'label of its containers', parseLabel))
    .addOption(
      manyParsed('-e, --env <key[=value]>', 'variable; KEY alone takes its value from here', parseVariable),
    )
    .addOption(repeated('--env-file <file>', 'variables of a file: for what is secret'))
    .addOption(manyParsed('-p, --publish <port>', '8080:80[/udp], or published=…,target=…', parsePort))
    .addOption(manyParsed('--mount <mount>', 'type=volume,source=…,target=…[,readonly]', parseMount))
    .addOption(repeated('--constraint <constraint>', 'where it may run, as node.labels.zone==b'))
    .addOption(manyParsed('--placement-pref <preference>', 'spread=node.labels.zone', parseSpread))
    .addOption(parsed('--replicas-max-per-node <count>', 'tasks on one node; 0: any', parseCount))
    .addOption(repeated('--network <network>', 'network, by name or id'))
    .addOption(manyParsed('--secret <secret>', 'secret, or source=…,target=…,mode=0400', parseFile))
    .addOption(manyParsed('--config <config>', 'config, or source=…,target=…,mode=0444', parseFile))
    .addOption(repeated('--entrypoint <word>', 'in place of the image’s; may be repeated'))
    .option('-u, --user <user>', 'user in the container')
    .option('-w, --workdir <folder>', 'folder in the container')
    .addOption(repeated('--cap-add <capability>', 'capability; needs service:privileged'))
    .addOption(parsed('--endpoint-mode <mode>', 'vip or dnsrr', parseWord('VIP', 'DNSRR')))
    .addOption(parsed('--stop-grace-period <duration>', 'between SIGTERM and SIGKILL', parseDuration))
    .addOption(parsed('--limit-cpu <cpus>', 'most CPUs of a task', parseNumber))
    .addOption(parsed('--limit-memory <bytes>', 'most memory of a task, as 64m', parseBytes))
    .addOption(parsed('--reserve-cpu <cpus>', 'CPUs set aside', parseNumber))
    .addOption(parsed('--reserve-memory <bytes>', 'memory set aside', parseBytes))
    .addOption(
      parsed('--restart-condition <when>', 'none, on-failure or any', parseWord('NONE', 'ON_FAILURE', 'ANY')),
    )
    .addOption(parsed('--restart-delay <duration>', 'between two tries', parseDuration))
    .addOption(parsed('--restart-max-attempts <count>', 'tries before it gives up', parseCount))
    .addOption(parsed('--restart-window <duration>', 'in which tries are counted', parseDuration));
  policyFlags(command, 'update');
  policyFlags(command, 'rollback');
  return command
    .addOption(parsed('--deadline <duration>', 'how long it may take; default 10m', parseDuration))
    .option('-d, --detach', 'as --no-wait');
};

const orNone = <Fields extends object>(fields: Fields): Fields | undefined =>
  Object.values(fields).some((value) => value !== undefined) ? fields : undefined;

const policyOf = (flags: ServiceFlags, of: 'update' | 'rollback'): UpdatePolicyInput | undefined =>
  orNone({
    parallelism: flags[`${of}Parallelism`],
    delaySeconds: flags[`${of}Delay`],
    monitorSeconds: flags[`${of}Monitor`],
    order: flags[`${of}Order`],
    failureAction: flags[`${of}FailureAction`],
    maxFailureRatio: flags[`${of}MaxFailureRatio`],
  });

/** The fields that were given; what was not given is not there. */
export const serviceFields = (
  flags: ServiceFlags,
): Omit<CreateServiceInput, 'name' | 'image' | 'cluster' | 'mode'> => {
  const env = [...(flags.envFile ?? []).flatMap(readVariables), ...(flags.env ?? [])];
  return {
    replicas: flags.replicas,
    labels: flags.label,
    containerLabels: flags.containerLabel,
    env: env.length > 0 ? env : undefined,
    ports: flags.publish,
    mounts: flags.mount,
    constraints: flags.constraint,
    preferences: flags.placementPref,
    maxReplicasPerNode: flags.replicasMaxPerNode,
    networks: flags.network,
    secrets: flags.secret,
    configs: flags.config,
    command: flags.entrypoint,
    user: flags.user,
    workingDirectory: flags.workdir,
    capabilitiesAdd: flags.capAdd,
    endpointMode: flags.endpointMode,
    stopGraceSeconds: flags.stopGracePeriod,
    resources: orNone({
      cpuLimit: flags.limitCpu,
      memoryLimitBytes: flags.limitMemory,
      cpuReservation: flags.reserveCpu,
      memoryReservationBytes: flags.reserveMemory,
    }),
    restartPolicy: orNone({
      condition: flags.restartCondition,
      delaySeconds: flags.restartDelay,
      maxAttempts: flags.restartMaxAttempts,
      windowSeconds: flags.restartWindow,
    }),
    updateConfig: policyOf(flags, 'update'),
    rollbackConfig: policyOf(flags, 'rollback'),
    deadlineSeconds: flags.deadline,
  };
};
