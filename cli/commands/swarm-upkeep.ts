// `skep swarm`, what it is set to: its settings, its root certificate, and the key of locked managers.
import type { Command } from 'commander';
import { act, inTurn, perform, tell } from '../act.ts';
import { leaf, parsed, repeated, type Setting } from '../command.ts';
import { Complaint, misuse, toldBefore } from '../complaint.ts';
import { hostsMeant, theCluster } from '../find.ts';
import {
  RevealUnlockKeyDocument,
  RotateCaDocument,
  RotateUnlockKeyDocument,
  UnlockHostsDocument,
  UpdateClusterDocument,
} from '../generated/documents.ts';
import { parseCount, parseDuration, parseWord, readKey } from '../values.ts';

/** @param swarm the group of `skep swarm` */
export const addSwarmUpkeep = (setting: Setting, swarm: Command): void => {
  leaf<{
    autolock?: boolean;
    certExpiry?: number;
    dispatcherHeartbeat?: number;
    maxSnapshots?: number;
    snapshotInterval?: number;
    taskHistoryLimit?: number;
  }>(
    setting,
    swarm,
    'update',
    {
      summary: 'Change settings of a swarm',
      acts: true,
      examples: ['swarm update --task-history-limit 3', 'swarm update --autolock --cert-expiry 720h'],
    },
    (command) =>
      command
        .addOption(
          parsed(
            '--autolock [yes]',
            'true or false; alone: true',
            (text) => parseWord('TRUE', 'FALSE')(text) === 'TRUE',
          ).preset('true'),
        )
        .addOption(
          parsed('--cert-expiry <duration>', 'how long certificates of nodes are valid', parseDuration),
        )
        .addOption(parsed('--dispatcher-heartbeat <duration>', 'period of heartbeats', parseDuration))
        .addOption(parsed('--max-snapshots <count>', 'raft snapshots kept beside the newest', parseCount))
        .addOption(parsed('--snapshot-interval <entries>', 'log entries between two snapshots', parseCount))
        .addOption(parsed('--task-history-limit <count>', 'old tasks kept for each slot', parseCount)),
    async (session, _, options) => {
      const settings = {
        autolock: options.autolock,
        certificateExpirySeconds: options.certExpiry,
        heartbeatPeriodSeconds: options.dispatcherHeartbeat,
        keepOldSnapshots: options.maxSnapshots,
        snapshotInterval: options.snapshotInterval,
        taskHistoryLimit: options.taskHistoryLimit,
      };
      if (Object.values(settings).every((value) => value === undefined))
        throw misuse('nothing is to be changed', 'see skep swarm update --help');
      const cluster = (await theCluster(session)).id;
      return act(session, UpdateClusterDocument, { cluster, ...settings }, options, () => ['Swarm updated.']);
    },
  );

  leaf<{ rotate?: boolean; deadline?: number }>(
    setting,
    swarm,
    'ca',
    {
      summary: 'Rotate the root certificate, and wait until all nodes have one of the new root',
      acts: true,
      examples: ["swarm ca --rotate --reason 'yearly'", 'swarm ca --rotate --no-wait'],
    },
    (command) =>
      command
        .option('--rotate', 'make a new root')
        .addOption(parsed('--deadline <duration>', 'how long the nodes have', parseDuration)),
    async (session, _, options) => {
      if (!options.rotate)
        throw misuse('what to do is not said', 'skep swarm ca --rotate; the root of now: skep cluster show');
      const cluster = (await theCluster(session)).id;
      return act(session, RotateCaDocument, { cluster, deadlineSeconds: options.deadline }, options, () => [
        'The root certificate was rotated; all nodes have a certificate of the new one.',
      ]);
    },
  );

  leaf<{ rotate?: boolean }>(
    setting,
    swarm,
    'unlock-key',
    {
      summary: 'Show the key that locked managers wait for; on record',
      acts: true,
      examples: ['swarm unlock-key -q', 'swarm unlock-key --rotate'],
    },
    (command) => command.option('--rotate', 'make another one first'),
    async (session, _, options) => {
      const cluster = (await theCluster(session)).id;
      const tellKey = async () => {
        const done = await perform(session, RevealUnlockKeyDocument, { cluster }, options, { secret: true });
        return tell(session, done, (operation, { unlockKey, operation: answered }) => {
          const isFirst = options.idempotencyKey === undefined && answered.state === 'SUCCEEDED';
          if (unlockKey === null && isFirst)
            throw new Complaint(
              'failed',
              'AUTOLOCK_OFF',
              'no unlock key is set: managers start again without one',
              'skep swarm update --autolock',
            );
          if (unlockKey === null) throw toldBefore(operation.id);
          return session.quiet
            ? [unlockKey]
            : [
                'To unlock a swarm manager after it restarts, run the `skep swarm unlock`',
                'command and provide the following key:',
                '',
                `    ${unlockKey}`,
                '',
              ];
        });
      };
      if (!options.rotate) return tellKey();
      return inTurn(session, options, [
        () =>
          act(session, RotateUnlockKeyDocument, { cluster }, options, () =>
            session.quiet ? [] : ['Successfully rotated manager unlock key.', ''],
          ),
        ...(options.dryRun ? [] : [tellKey]),
      ]);
    },
  );

  leaf<{ host?: string[]; unlockKeyFile?: string }>(
    setting,
    swarm,
    'unlock',
    {
      summary: 'Unlock managers that started again; Skep asks an unlocked one for the key',
      acts: true,
      examples: ['swarm unlock --host cloud02', 'swarm unlock --host cloud01 --unlock-key-file - < key'],
    },
    (command) =>
      command
        .addOption(repeated('--host <host>', 'host to unlock; may be repeated; default: --on'))
        .option(
          '--unlock-key-file <file>',
          'file with the key, - for standard input; for when none is unlocked',
        ),
    async (session, _, options) => {
      const hosts = await hostsMeant(session, options.host);
      const unlockKey = options.unlockKeyFile === undefined ? undefined : readKey(options.unlockKeyFile);
      const input = { hosts: hosts.map(({ id }) => id), unlockKey };
      return act(session, UnlockHostsDocument, input, options, () => hosts.map(({ name }) => name));
    },
  );
};
