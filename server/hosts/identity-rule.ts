// Who may speak for a host: its identity is its agent's key bound to its engine's id, and a copy of either is found out.
import { system } from '../audit/actor.ts';
import type { Audit } from '../audit/record.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { Commands } from './commands.ts';
import type { Host, Quarantine } from './host.ts';
import type { Link, Links } from './links.ts';
import type { AttachClaim } from './proofs.ts';
import type { Hosts } from './registry.ts';

export type IdentityRule = {
  /**
   * An agent has proven the host's key: its link is opened, or it is refused. One key twice: on the same engine since
   * the same start of the machine the newest wins; since another start the newer one waits until the older does not
   * answer, and where it answers there are two; on another engine it is a copy, or the engine was installed anew.
   * @throws Failure HOST_QUARANTINED, ENGINE_CLAIMED, UNAUTHENTICATED (revoked meanwhile).
   */
  admit(hostId: string, claim: AttachClaim, link: Link): Promise<Host>;
  /** The same for an engine that is heard of later. @throws Failure HOST_QUARANTINED, ENGINE_CLAIMED: its link is ended. */
  reported(hostId: string, engineId: string | null): Promise<void>;
};

const quarantined = ({ name }: Host, { message }: Quarantine): Failure =>
  new Failure(
    'HOST_QUARANTINED',
    `host ${name} is in quarantine: ${message}`,
    'look at its machine; then revokeHost and enrol it anew, or releaseHost',
  );

export const createIdentityRule = ({
  hosts,
  links,
  commands,
  audit,
  clock,
  log,
}: {
  hosts: Hosts;
  links: Links;
  commands: Commands;
  audit: Audit;
  clock: Clock;
  log: Log;
}): IdentityRule => {
  /** One decision at a time for each host: two newcomers must not both find the older one silent. */
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = <T>(hostId: string, decide: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(hostId) ?? Promise.resolve()).then(decide, decide);
    turns.set(hostId, turn);
    const done = (): void => {
      if (turns.get(hostId) === turn) turns.delete(hostId);
    };
    turn.then(done, done);
    return turn;
  };

  const quarantine = async (
    host: Host,
    why: Omit<Quarantine, 'at'>,
    bootIds: readonly string[],
  ): Promise<Failure> => {
    const at = clock.now();
    const found: Quarantine = { ...why, at };
    await hosts.change(host.id, { quarantine: found }, null, async (tx, emit) => {
      await audit.append(tx, emit, {
        phase: 'OBSERVED',
        action: 'quarantineHost',
        actor: system,
        targets: [{ kind: 'HOST', id: host.id, name: host.name }],
        input: { reason: why.reason, engine: why.engineId, bootIds },
      });
    });
    links.of(host.id)?.close(4403, 'quarantined');
    const failure = quarantined(host, found);
    commands.abandon(host.id, failure);
    log.error({ host: host.id, name: host.name, reason: why.reason }, 'a host is in quarantine');
    return failure;
  };

  /** Of a host that is neither revoked nor in quarantine. */
  const checkEngine = async (host: Host, engineId: string | null, bootId: string): Promise<void> => {
    if (engineId === null || engineId === host.engineId) return;
    // Binding is the registry's: it refuses an engine that is another host's.
    if (host.engineId === null) return void (await hosts.change(host.id, { engineId }));
    throw await quarantine(
      host,
      {
        reason: 'ENGINE_CHANGED',
        message: `its key came from engine ${engineId}, and it is bound to ${host.engineId}: the key was copied, or the engine was installed anew`,
        engineId,
      },
      [bootId],
    );
  };

  const current = (hostId: string): Host => {
    const host = hosts.find(hostId);
    if (!host || host.revokedAt)
      throw new Failure('UNAUTHENTICATED', 'this host is unknown or revoked', 'enrol it again');
    if (host.quarantine) throw quarantined(host, host.quarantine);
    return host;
  };

  return {
    admit: (hostId, { bootId, engineId }, link) =>
      inTurn(hostId, async () => {
        const host = current(hostId);
        await checkEngine(host, engineId, bootId);
        const older = links.of(hostId);
        if (older && older.bootId !== bootId && (await older.probe()))
          throw await quarantine(
            host,
            {
              reason: 'KEY_USED_TWICE',
              message:
                'two agents with its key answer at the same time, of machines started at different times',
              engineId,
            },
            [older.bootId, bootId],
          );
        // Without a wait between the check and the link: a revocation finds the link, or this finds the revocation.
        current(hostId);
        links.open(link);
        return hosts.change(hostId, { status: 'CONNECTED', lastSeenAt: clock.now() });
      }),
    reported: (hostId, engineId) =>
      inTurn(hostId, async () => {
        try {
          await checkEngine(current(hostId), engineId, links.of(hostId)?.bootId ?? '');
        } catch (error) {
          if (error instanceof Failure) links.of(hostId)?.close(4403, error.code);
          throw error;
        }
      }),
  };
};
