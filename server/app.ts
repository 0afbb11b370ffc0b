// The composition root: every part is made here and given what it needs.
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createAttempts, sourceKey } from './access/attempts.ts';
import { openAccess } from './access/open.ts';
import { createActions } from './actions.ts';
import { createDenials } from './audit/denials.ts';
import { createHeads, type Heads } from './audit/heads.ts';
import { createAudit } from './audit/record.ts';
import { recordRestore } from './audit/restored.ts';
import { startRetention } from './audit/retention.ts';
import { createSealHistory } from './audit/seal-history.ts';
import { createVerifyAudit } from './audit/verify.ts';
import { isHalfRestored } from './backup/data-folder.ts';
import { certificateNames, openCertificate } from './certificate.ts';
import { createReadAgreed } from './clusters/agree.ts';
import { createDiscover } from './clusters/discover.ts';
import { createManagers } from './clusters/managers.ts';
import { followMemberships } from './clusters/membership-of-hosts.ts';
import { createPublish } from './clusters/publish.ts';
import { createReadCluster } from './clusters/read.ts';
import { createClusters } from './clusters/registry.ts';
import { createWatchSplit } from './clusters/split.ts';
import { createNoteTrouble, followReports } from './clusters/trouble.ts';
import { createWatch } from './clusters/watch.ts';
import type { Config } from './config.ts';
import { createConsole } from './console.ts';
import type { Parts } from './context.ts';
import { makeFirstKey } from './first-start.ts';
import { createDeclarations } from './fleet/declarations.ts';
import { createPlanFleet } from './fleet/plan.ts';
import { createWatchDrift } from './fleet/watch.ts';
import type { SlowReaderLimits } from './graphql/slow-readers.ts';
import type { ScopeOf } from './hosts/actions.ts';
import { createAgentEndpoint } from './hosts/agent-endpoint.ts';
import { createBranches } from './hosts/branches.ts';
import { createCommands } from './hosts/commands.ts';
import { createEnrolments } from './hosts/enrolments.ts';
import { createIdentityRule } from './hosts/identity-rule.ts';
import { createLinks } from './hosts/links.ts';
import { createIsOwnHost } from './hosts/own-host.ts';
import { createProbePorts } from './hosts/probe-ports.ts';
import { createHosts } from './hosts/registry.ts';
import { openServerIdentity } from './hosts/server-identity.ts';
import { createWitnesses } from './hosts/witness.ts';
import { createSourceOf, type Listening, listen } from './listen.ts';
import { createAway } from './maintenance/away.ts';
import { createHooks } from './maintenance/hooks.ts';
import { createChangeNode } from './nodes/change.ts';
import { createDrainGuards } from './nodes/drain-guards.ts';
import { createReadJoinAddresses } from './nodes/join-addresses.ts';
import { createSortedNodes } from './nodes/list.ts';
import { createFindNodes } from './nodes/reference.ts';
import { createSettle } from './nodes/settle.ts';
import { createReadWorkload } from './nodes/workload.ts';
import { createNumbers } from './numbers.ts';
import { createPublishObjects } from './objects/publish.ts';
import { createDigest, createReadObjects } from './objects/read.ts';
import { createWatchObjects } from './objects/watch.ts';
import { createOperations, type Operations } from './operations/operations.ts';
import { applyMigrations } from './platform/apply-migrations.ts';
import { createClock } from './platform/clock.ts';
import { createDatabase } from './platform/database.ts';
import { createEvents } from './platform/events.ts';
import { factOf } from './platform/fact.ts';
import { openGeneration } from './platform/generation.ts';
import type { Log } from './platform/log.ts';
import { createReadServices } from './services/read.ts';
import { createSendService } from './services/send.ts';
import { createTransports } from './transports.ts';
import { version } from './version.ts';
import { openWebhooks } from './webhooks/open.ts';

export type App = {
  /** Where GraphQL is. */
  url: string;
  port: number;
  /** Reads are answered and not published while true (for tests). */
  pauseWatcher(paused: boolean): void;
  /** Reads the certificate's files again. @throws Error: they do not fit, and the old ones stay in use. */
  renewCertificate(): Promise<void>;
  close(): Promise<void>;
};

/**
 * @param migrations folder of the migrations; beside the sources, or beside the bundle.
 * @param web folder of the console as it was built; null: it was not.
 * @param slowReaderLimits when a peer that does not read is cut off; for tests, which do not wait half a minute.
 * @param again called when the app has to be closed and made anew: the database was found to be restored.
 * @param showFirstKey told the admin key of a new database, once, as soon as it is stored.
 */
export const createApp = async ({
  config,
  migrations,
  web,
  showFirstKey,
  slowReaderLimits,
  again = () => undefined,
  log,
}: {
  config: Config;
  migrations: string;
  web: string | null;
  showFirstKey: (key: string) => void;
  slowReaderLimits?: SlowReaderLimits;
  again?: () => void;
  log: Log;
}): Promise<App> => {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  if (isHalfRestored(config.dataDir))
    throw new Error(
      `a restore of ${config.dataDir} was broken off: run skep-server restore again, which finishes it`,
    );
  const file = join(config.dataDir, 'skep.db');
  await applyMigrations({ file, folder: migrations });
  const db = await createDatabase({ file, log });
  chmodSync(file, 0o600);
  const clock = createClock();
  const openTls = () => openCertificate(config.tls, config.dataDir, certificateNames(config));
  const certificate = await openTls();
  const life = await openGeneration({ db, clock, takeOver: config.takeOver, folder: config.dataDir });
  const generation = life.id;
  const events = await createEvents({ db, clock, generation, advanced: life.keep, keep: config.eventsKept });
  const identity = openServerIdentity({
    id: await factOf(db, 'id'),
    file: join(config.dataDir, 'server-key.pem'),
  });
  // The head is made of what was appended: it hears of each record, and appends one itself.
  let heads: Heads | null = null;
  const numbers = await createNumbers(config, version, log);
  const audit = createAudit({ clock, appended: (phase) => heads?.appended(phase) });
  events.reader.onCommitted(numbers.committed);
  const trail = { db, events, audit, clock, log };
  heads = await createHeads({ ...trail, sign: identity.sign, server: identity.id, generation });
  const denials = createDenials({ events, audit, sourceKey, clock, log });
  const access = await openAccess({ ...trail, hours: config.sessionHours, anew: life.restored !== null });
  const { authorise, clustersOf } = access.holders;
  const scopeOf: ScopeOf = ({ actor }) => clustersOf(actor);

  const hosts = await createHosts({ db, events, clock, log });
  const witnesses = await createWitnesses({
    db,
    events,
    audit,
    heads,
    hosts,
    identity,
    generation,
    clock,
    log,
  });
  const sealed = join(config.dataDir, 'sealed');
  const verifyAudit = createVerifyAudit({
    read: db.read,
    sql: db.sql,
    server: identity.id,
    publicKey: identity.publicKey,
    generation,
    sealed,
    testify: witnesses.testify,
  });
  const enrolments = createEnrolments({
    db,
    events,
    audit,
    hosts,
    identity,
    attempts: createAttempts(),
    clock,
  });
  const links = createLinks();
  const commands = createCommands({ db, links, onSent: numbers.onSent, clock });
  const probePorts = createProbePorts({ commands, hosts });

  const clusters = await createClusters({ db, events, audit, clock });
  const managers = createManagers({ hosts, links });
  const publish = createPublish({ clusters, hosts, audit, clock });
  const noteTrouble = createNoteTrouble({ clusters, clock, log });
  const read = createReadCluster({ clusters, managers, commands, publish, noteTrouble, clock });
  followMemberships({ hosts, clusters, log });
  followReports({ hosts, clusters, managers, noteTrouble });
  const discover = createDiscover({ clusters, hosts, log });
  const watch = createWatch({ clusters, hosts, read, intervalMs: config.watchIntervalMs, log });
  const watchSplit = createWatchSplit({ clusters, hosts, links, commands, read, clock, log });

  const findNodes = createFindNodes({ clusters, scopeOf });
  const readAgreed = createReadAgreed({ clusters, managers, commands, read });
  const change = createChangeNode({ clusters, managers, commands, read, readAgreed });

  const settle = createSettle({ db, clock, hosts, links });
  const workload = createReadWorkload({ clusters, managers, commands, hosts, links });
  const services = createReadServices({ clusters, managers, commands, clock });
  const planFleet = createPlanFleet({ clusters, managers, commands, hosts, read, services, scopeOf });
  const declarations = await createDeclarations({ db, events, clusters, clock });
  const sendService = createSendService({ clusters, managers, commands });
  const watchObjects = createWatchObjects({
    clusters,
    hosts,
    read: createReadObjects({
      clusters,
      managers,
      commands,
      services,
      digest: createDigest(identity.sign('skep: digests of environments')),
    }),
    publish: createPublishObjects({ clusters, ...trail }),
    intervalMs: config.objectsIntervalMs,
    clock,
    log,
  });
  const guards = createDrainGuards({
    open: () => operations.open(),
    hosts,
    isOwnHost: createIsOwnHost({ hosts, setting: config.ownHost }),
  });
  const hooks = createHooks({
    addresses: config.maintenanceHooks,
    timeoutSeconds: config.maintenanceHookSeconds,
  });
  const alarms = await openWebhooks({ ...trail, identity, settings: config });
  const joinAddresses = createReadJoinAddresses({ db });
  const installation = { server: identity.id, generation, publicKey: identity.publicKey };
  const sealHistory = createSealHistory({
    ...trail,
    folder: sealed,
    about: installation,
    sign: identity.sign,
  });
  const operations: Operations = createOperations({
    actions: createActions({
      operations: () => operations,
      authorise,
      sealHistory,
      ...access,
      enrolments,
      hosts,
      links,
      commands,
      scopeOf,
      clusters,
      managers,
      read,
      discover,
      find: findNodes,
      change,
      settle,
      guards,
      workload,
      services,
      planFleet,
      declarations,
      sendService,
      hooks,
      away: createAway(hosts),
      joinAddresses,
      probePorts,
      ...alarms,
      clock,
    }),
    authorise,
    audit,
    denials,
    db,
    events,
    onRecorded: alarms.recorded,
    ...numbers.ofOperations,
    clock,
    log,
  });

  await makeFirstKey({ ...trail, apiKeys: access.apiKeys }, showFirstKey);

  let listening: Listening | null = null;
  const parts: Parts = {
    db,
    events,
    clock,
    operations,
    ...access,
    hosts,
    enrolments,
    commands,
    clusters,
    managers,
    findNodes,
    sortedNodes: createSortedNodes(),
    workload,
    services,
    planFleet,
    declarations,
    maintenanceHooks: hooks.names,
    webhooks: alarms.webhooks,
    deliveries: alarms.deliveries,
    scopeOf,
    denials,
    ...numbers.ofCallers,
    heads,
    witnesses,
    verifyAudit: numbers.verifying(verifyAudit),
    version,
    consoleUrl: () =>
      (config.consoleUrl ?? (listening?.url ?? '').replace(/graphql$/, '')).replace(/\/$/, ''),
    agentUrl: () => config.agentUrl ?? (listening?.url ?? '').replace(/^http(.*)graphql$/, 'ws$1agent'),
    sourceOf: createSourceOf(config.behindProxy),
  };
  const callers = createTransports({
    parts,
    config,
    audit,
    scrape: numbers.scrapeOf(parts),
    server: installation,
    slowReaderLimits,
    log,
  });
  const agents = createAgentEndpoint({
    version,
    identity,
    hosts,
    links,
    enrolments,
    commands,
    witnesses,
    identityRule: createIdentityRule({ hosts, links, commands, audit, clock, log }),
    denials,
    branches: createBranches({ db, events, audit, heads, hosts, identity, life, onOlder: again, log }),
    notice: (hostId, notice) => {
      watchObjects.notice(hostId, notice);
      return watch.notice(hostId, notice);
    },
    generation,
    traces: numbers.traces,
    behindProxy: config.behindProxy,
    sourceOf: parts.sourceOf,
    clock,
    log,
  });
  await recordRestore({ life, events, audit, log });
  await operations.recover(life.restored !== null);
  if (life.restored) await life.settle();
  const watchDrift = createWatchDrift({
    declarations,
    clusters,
    operations,
    planFleet,
    onObjects: watchObjects.onChange,
    intervalMs: config.driftIntervalMs,
    clock,
    log,
  });
  await alarms.watch({ hosts, clusters, declarations });
  const retention = startRetention({ sealHistory, days: config.auditRetentionDays, clock, log });
  listening = await listen({
    ...config,
    certificate,
    answers: callers.answers,
    page: createConsole(web),
    upgrades: { '/graphql': callers.upgrade, '/agent': agents.upgrade },
    ready: async () => (await db.read.setting.count()) > 0,
  });
  log.info({ url: listening.url, socket: config.socket, version }, 'listening');

  const { url, port, renew, close } = listening;
  return {
    url,
    port,
    pauseWatcher: read.pause,
    renewCertificate: async () => {
      const next = await openTls();
      if (next) renew(next);
    },
    close: async () => {
      watch.stop();
      watchObjects.stop();
      watchSplit.stop();
      // Told first and awaited last: what waits for an agent ends when the agents' links do.
      const stopped = Promise.all([operations.stop(), watchDrift.stop(), alarms.stop()]);
      await Promise.all([callers.close(), agents.close()]);
      await stopped;
      await close();
      await retention.stop();
      await denials.stop();
      await heads.stop();
      await numbers.stop();
      await db.close();
      life.close();
    },
  };
};
