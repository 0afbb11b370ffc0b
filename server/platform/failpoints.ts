// Named places where the server can be made to fail on purpose, as gofail has them (https://github.com/etcd-io/gofail).
// Off, and one comparison each, unless SKEP_FAILPOINTS names some: for tests of promises, never for production.
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';

/** All of a server that runs, in the order in which a change passes them. A test holds that each stands in the code once. */
export const failpointNames = [
  'migration.before',
  'migration.beforeCommit',
  'migration.after',
  'recovery.begun',
  'enrolment.beforeSpend',
  'enrolment.spent',
  'enrolment.beforeAnswer',
  'agent.attached',
  'audit.beforeIntent',
  'audit.intentWritten',
  'audit.afterIntent',
  'operation.lockTaken',
  'operation.judged',
  'operation.beforeSave',
  'secret.recorded',
  'command.beforeRow',
  'command.rowWritten',
  'command.beforeSend',
  'command.afterSend',
  'command.beforeAcknowledged',
  'command.afterAcknowledged',
  'command.beforeResult',
  'command.resultWritten',
  'command.afterResult',
  'event.emitted',
  'event.committed',
  'operation.observed',
  'audit.beforeOutcome',
  'audit.outcomeWritten',
  'audit.afterOutcome',
  'webhook.eventsRead',
  'webhook.beforeAlarm',
  'webhook.alarmWritten',
  'webhook.beforeSend',
  'webhook.answered',
  'seal.fileWritten',
  'seal.sealed',
  'seal.someDeleted',
] as const;

/** Of the sub-commands, which have a process of their own. */
export const commandFailpointNames = [
  'backup.staged',
  'backup.packed',
  'restore.unpacked',
  'restore.whole',
  'restore.oldMoved',
] as const;

export type FailpointName = (typeof failpointNames)[number] | (typeof commandFailpointNames)[number];

const allNames: readonly string[] = [...failpointNames, ...commandFailpointNames];

/** `kill`: SIGKILL to the own process. `throw`: an Error. `sleep`: milliseconds. `note`: a line in the log, nothing else. */
type Action = { kind: 'kill' | 'throw' | 'note' } | { kind: 'sleep'; ms: number };
type Rule = { action: Action; chance: number; nth: number | null; hits: number };

let armed: Map<string, Rule> | null = null;
let told: Pick<Log, 'warn'> | null = null;

const readRule = (text: string): [string, Rule] => {
  const [, name, kind, ms, condition] =
    /^([\w.*]+)=(kill|throw|note|sleep)(?:\((\d+)\))?(?:@(\S+))?$/.exec(text) ?? [];
  if (name === undefined || kind === undefined || (kind === 'sleep') !== (ms !== undefined))
    throw new Error(
      `SKEP_FAILPOINTS: «${text}» is not name=kill, throw, note or sleep(ms), with @0.2 or @3 behind it`,
    );
  if (name !== '*' && !allNames.includes(name))
    throw new Error(`SKEP_FAILPOINTS: there is no failpoint ${name}; there are ${allNames.join(', ')}`);
  const action: Action =
    kind === 'sleep' ? { kind, ms: Number(ms) } : { kind: kind as 'kill' | 'throw' | 'note' };
  const isChance = condition !== undefined && /^0\.\d+$/.test(condition);
  if (condition !== undefined && !isChance && !/^[1-9]\d*$/.test(condition))
    throw new Error(
      `SKEP_FAILPOINTS: «@${condition}» is neither a chance such as @0.2 nor a count such as @3`,
    );
  return [
    name,
    {
      action,
      chance: isChance ? Number(condition) : 1,
      nth: condition && !isChance ? Number(condition) : null,
      hits: 0,
    },
  ];
};

/**
 * Arms failpoints for the life of the process.
 * @param spec `name=action`, joined by `;`; `*` stands for every name. `@0.2` behind it: each time with this chance;
 * `@3`: the third time only. Undefined or empty: none.
 * @throws Error for an unknown name or action: a test that misspells one must not pass for it.
 */
export const armFailpoints = (spec: string | undefined, log: Pick<Log, 'warn'>): void => {
  const rules = (spec ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  armed = rules.length === 0 ? null : new Map(rules.map(readRule));
  told = log;
  if (armed)
    log.warn(
      { failpoints: rules },
      'FAILPOINTS ARE ARMED: this server fails on purpose; never in production',
    );
};

const hit = (name: FailpointName): Promise<void> | undefined => {
  const rule = armed?.get(name) ?? armed?.get('*');
  if (!rule) return undefined;
  rule.hits += 1;
  if (rule.nth !== null ? rule.hits !== rule.nth : Math.random() >= rule.chance) return undefined;
  told?.warn({ failpoint: name, action: rule.action.kind }, 'failpoint');
  if (rule.action.kind === 'kill') process.kill(process.pid, 'SIGKILL');
  if (rule.action.kind === 'throw') throw new Error(`failpoint ${name}`);
  return rule.action.kind === 'sleep' ? delay(rule.action.ms) : undefined;
};

/** Passes a failpoint. To be awaited, for it may sleep; where nothing can be awaited, it does not. @throws Error when told. */
export const failpoint = (name: FailpointName): Promise<void> | undefined =>
  armed === null ? undefined : hit(name);
