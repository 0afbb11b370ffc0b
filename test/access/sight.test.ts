// What a key for one cluster sees: every query and every subscription with all that it can select, asked by such a key,
// and nothing in the answers that is of another cluster or of none. The documents are made from the schema.
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { signIn } from '../support/console.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { makeObjects } from '../support/objects.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { subscribeSse } from '../support/sse.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { overHttp } from './call.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
type Root = 'Query' | 'Mutation' | 'Subscription';
type Field = GraphQLField<unknown, unknown>;
const fieldsOf = (type: Root): Field[] => {
  const found = schema.getType(type);
  return isObjectType(found) ? Object.values(found.getFields()) : [];
};
const needsArgs = ({ args }: Field): boolean =>
  args.some(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);

/** All that can be selected without arguments, so deep; null: nothing. */
const selectionOf = (type: GraphQLOutputType, depth: number): string | null => {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (!isObjectType(named) || depth === 0) return null;
  const own = Object.values(named.getFields())
    .filter((field) => !needsArgs(field))
    .flatMap((field) => {
      const inner = selectionOf(field.type, depth - 1);
      return inner === null ? [] : [`${field.name}${inner}`];
    });
  return own.length === 0 ? null : ` { ${own.join(' ')} }`;
};

/** As deep as a document may be in fields (server/graphql/document-limits.ts), four levels at most. */
const wholeOf = (type: GraphQLOutputType): string => {
  const [deep = '', less = ''] = [4, 3].map((depth) => selectionOf(type, depth) ?? '');
  return (deep.match(/\w+/g)?.length ?? 0) < 450 ? deep : less;
};

describe(`what a key for one cluster sees (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cursor: string;
  let scopedKey: string;
  let nobodysKey: string;
  let mine: string;
  let theirs: string;
  let theirNode: string;
  let theirNetwork: string;
  let theirOperation: string;
  let theirService: string;
  let theirKey: string;
  let theirWebhook: string;
  let theirDelivery: string;
  let theirSession: string;
  /** Whatever is of the other cluster, or of none. */
  const foreign = new Map<string, string>();

  /** Root fields with what they must be given: of the other cluster. A new one that needs something fails until it is here. */
  const given = (): Record<string, string> => ({
    cluster: `id: "${theirs}"`,
    host: `id: "${at(system.members, 1).hostId}"`,
    node: `ref: "${theirNode}"`,
    network: `id: "${theirNetwork}"`,
    operation: `id: "${theirOperation}"`,
    service: `id: "${theirService}", cluster: "${theirs}"`,
    services: `cluster: "${theirs}"`,
    webhook: `id: "${theirWebhook}"`,
    planFleet: `document: "{skepFleet: 1, cluster: ${theirs}, nodes: [{match: {name: '*'}, role: worker}, {match: {name: nosuch}, role: manager}]}"`,
  });

  const form = async (member: Member, name: string): Promise<string> => {
    const done = await perform('initCluster', {
      host: member.hostId,
      name,
      advertiseAddr: member.host.address,
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    return done.clusterId.id;
  };
  const nodeIn = async (cluster: string): Promise<string> => {
    const { nodes } = await system.ask(
      'query($c: [ID!]) { nodes(filter: { clusters: $c }) { edges { node { id } } } }',
      { c: [cluster] },
    );
    return nodes.edges[0].node.id;
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    ({ eventCursor: cursor } = await system.ask('{ eventCursor }'));
    const [first, second, third, free] = system.members;
    if (!first || !second || !third || !free) throw new Error('four hosts are needed');
    mine = await form(first, 'of-mine');
    theirs = await form(second, 'of-theirs');
    expect(await perform('joinHosts', { cluster: mine, hosts: [{ host: third.hostId }] })).toMatchObject({
      state: 'SUCCEEDED',
    });
    theirNode = await nodeIn(theirs);
    for (const mutation of ['createSecret', 'createConfig'])
      await perform(mutation, { cluster: theirs, name: 'theirs', value: 'v' });
    const ofSwarm = encodeURIComponent('{"scope":["swarm"]}');
    theirNetwork = (await engineOf(second.host).get(`/networks?filters=${ofSwarm}`))[0].Id;
    const labelled = await perform('updateNodeLabels', {
      nodes: [theirNode],
      set: [{ key: 'secretlabel', value: 'theirs' }],
      reason: 'their-reason',
    });
    theirOperation = labelled.id;
    const made = await perform('createService', {
      cluster: theirs,
      name: 'their-web',
      image: 'bb:1',
      replicas: 0,
      endpointMode: 'DNSRR',
    });
    theirService = made.targets[0].id;
    const key = await perform('createApiKey', { name: 'their-key', role: 'VIEWER', clusters: [theirs] });
    theirKey = key.payload.apiKey.id;
    const webhook = await perform('createWebhook', {
      name: 'their-webhook',
      url: 'http://127.0.0.1:9/',
      alarms: ['NODE_DOWN'],
      clusters: [theirs],
    });
    theirWebhook = webhook.payload.webhook.id;
    const tested = await perform('testWebhook', { id: theirWebhook });
    theirDelivery = tested.payload.delivery.id;
    await signIn(system.server, { key: key.payload.key });
    theirSession = (await system.ask('{ sessions { id } }')).sessions[0].id;
    const both = await perform('createApiKey', {
      name: 'key-for-both',
      role: 'VIEWER',
      clusters: [mine, theirs],
    });
    const nobodys = await perform('createApiKey', { name: 'key-for-none', role: 'ADMIN', clusters: [] });
    nobodysKey = nobodys.payload.key;
    const enrolment = await perform('createEnrolment', { name: 'their-enrolment' });
    const scoped = await perform('createApiKey', {
      name: 'scoped',
      role: 'ADMIN',
      permissions: ['secret:reveal', 'cluster:force'],
      clusters: [mine],
    });
    scopedKey = scoped.payload.key;
    for (const [what, text] of Object.entries({
      'their cluster': theirs,
      'its name': 'of-theirs',
      'their node': theirNode,
      'their network': theirNetwork,
      'their host': second.hostId,
      'its name ': second.host.hostname,
      'its address': second.host.address,
      'a host of no cluster': free.hostId,
      'its name  ': free.host.hostname,
      'their label': 'secretlabel',
      'their reason': 'their-reason',
      'their operation': theirOperation,
      'their service': theirService,
      'the name of their service': 'their-web',
      'their webhook': theirWebhook,
      'its name   ': 'their-webhook',
      'their delivery': theirDelivery,
      'their key': key.payload.apiKey.id,
      'the name of their key': 'their-key',
      'their session': theirSession,
      'a key for both': both.payload.apiKey.id,
      'a key for no cluster': nobodys.payload.apiKey.id,
      'an enrolment': enrolment.payload.enrolment.id,
    }))
      foreign.set(text, what.trim());
  });
  afterAll(() => system?.stop());

  const found = (answer: unknown): string[] => {
    const text = JSON.stringify(answer);
    return [...foreign].filter(([secret]) => text.includes(secret)).map(([, what]) => what);
  };

  it('every query that needs an argument has one here', () => {
    const needing = fieldsOf('Query')
      .filter(needsArgs)
      .map(({ name }) => name);
    expect(Object.keys(given()).sort()).toEqual(needing.sort());
  });

  it.each(fieldsOf('Query').map(({ name }) => name))(
    '%s tells nothing of what is out of scope',
    async (name) => {
      const field = fieldsOf('Query').find((one) => one.name === name);
      if (!field) throw new Error(name);
      const args = given()[name];
      const selection = wholeOf(field.type);
      const document = `{ ${name}${args ? `(${args})` : ''}${selection} }`;
      const answer = await overHttp(system.server, scopedKey, document);
      expect(answer.code).toBeNull();
      expect(found(answer.data)).toEqual([]);
      if (args) expect(answer.data?.[name]).toBeNull();
      // All that is hidden is there: otherwise this test would find nothing whatever it is told.
      const asAdmin = await overHttp(system.server, system.server.adminKey, document);
      const hidesNothing = [
        'viewer',
        'serverVersion',
        'permissions',
        'eventCursor',
        'auditHead',
        'maintenanceHooks',
      ];
      const shows = !hidesNothing.includes(name);
      expect(found(asAdmin.data).length > 0, name).toBe(shows);
    },
  );

  it('counts count what is in scope, filters find nothing beyond it, and cursors lead to nothing beyond it', async () => {
    const ask = system.as(scopedKey);
    const { nodes, hosts } = await ask(
      '{ nodes { totalCount pageInfo { hasNextPage } } hosts { totalCount pageInfo { hasNextPage } } }',
    );
    expect([nodes, hosts].map(({ totalCount }) => totalCount)).toEqual([2, 2]);
    const theirPage = await system.ask(
      'query($c: [ID!]) { nodes(filter: { clusters: $c }) { edges { cursor } } hosts(first: 1) { edges { cursor } } operations(last: 100) { edges { cursor } } auditLog(last: 100) { edges { cursor } } }',
      { c: [theirs] },
    );
    const cursorOf = (kind: string): string => theirPage[kind].edges[0].cursor;
    const beyond = await ask(
      'query($n: String, $h: String, $o: String, $a: String, $c: [ID!], $one: ID) { nodes(after: $n) { edges { node { id } } } hosts(after: $h) { edges { node { id } } } operations(after: $o) { edges { node { id cluster { id } } } } auditLog(after: $a) { edges { node { cluster { id } } } } filtered: nodes(filter: { clusters: $c }) { totalCount } records: auditLog(filter: { cluster: $one }) { edges { node { seq } } } ops: operations(filter: { cluster: $one }) { edges { node { id } } } text: hosts(filter: { text: "of" }) { totalCount } }',
      {
        n: cursorOf('nodes'),
        h: cursorOf('hosts'),
        o: cursorOf('operations'),
        a: cursorOf('auditLog'),
        c: [theirs],
        one: theirs,
      },
    );
    expect(found(beyond)).toEqual([]);
    expect(beyond.filtered.totalCount).toBe(0);
    expect(beyond.records.edges).toEqual([]);
    expect(beyond.ops.edges).toEqual([]);
  });

  /** What each mutation names, of the other cluster or of nothing that there is; null: it names nothing that could be out of scope. */
  type Named = {
    cluster: string;
    host: string;
    node: string;
    operation: string;
    key: string;
    webhook: string;
    delivery: string;
    session: string;
  };
  const naming: Record<string, ((of: Named) => Record<string, unknown>) | null> = {
    adoptCluster: ({ cluster }) => ({ cluster }),
    applyFleet: ({ cluster, host }) => ({
      document: `{skepFleet: 1, cluster: ${cluster}, nodes: [{host: ${host}, role: manager}]}`,
    }),
    forgetFleet: ({ cluster }) => ({ cluster }),
    cancelOperation: ({ operation }) => ({ id: operation }),
    // Beyond the maker's own is FORBIDDEN, whether it is there or not: keys.test.ts.
    createApiKey: null,
    createEnrolment: null,
    createWebhook: ({ cluster }) => ({
      name: 'new',
      url: 'https://receiver.example/',
      alarms: ['NODE_DOWN'],
      clusters: [cluster],
    }),
    updateWebhook: ({ webhook }) => ({ id: webhook, enabled: false }),
    rotateWebhookSecret: ({ webhook }) => ({ id: webhook }),
    deleteWebhook: ({ webhook }) => ({ id: webhook }),
    testWebhook: ({ webhook }) => ({ id: webhook }),
    redeliver: ({ delivery }) => ({ delivery }),
    // Names nothing but its maker.
    createSignInLink: null,
    createConfig: ({ cluster }) => ({ cluster, name: 'new', value: 'v' }),
    removeConfig: ({ cluster }) => ({ cluster, config: 'new' }),
    createSecret: ({ cluster }) => ({ cluster, name: 'new', value: 'v' }),
    removeSecret: ({ cluster }) => ({ cluster, secret: 'new' }),
    rotateConfig: ({ cluster }) => ({ cluster, config: 'theirs', value: 'v' }),
    rotateSecret: ({ cluster }) => ({ cluster, secret: 'theirs', value: 'v' }),
    createNetwork: ({ cluster }) => ({ cluster, name: 'new' }),
    removeNetwork: ({ cluster }) => ({ cluster, network: 'ingress' }),
    createService: ({ cluster }) => ({ cluster, name: 'x', image: 'x' }),
    removeService: ({ cluster }) => ({ cluster, service: 'x' }),
    rollbackService: ({ cluster }) => ({ cluster, service: 'x' }),
    scaleService: ({ cluster }) => ({ cluster, services: [{ service: 'x', replicas: 1 }] }),
    updateService: ({ cluster }) => ({ cluster, service: 'x', image: 'x' }),
    decommissionNodes: ({ node }) => ({ nodes: [node] }),
    demoteNodes: ({ node }) => ({ nodes: [node] }),
    dissolveCluster: ({ cluster }) => ({ cluster, confirm: 'of-theirs' }),
    drainNodes: ({ node }) => ({ nodes: [node] }),
    forgetCluster: ({ cluster }) => ({ cluster }),
    forgetHost: ({ host }) => ({ id: host }),
    initCluster: ({ host }) => ({ host }),
    joinHosts: ({ cluster, host }) => ({ cluster, hosts: [{ host }] }),
    leaveSwarm: ({ host }) => ({ hosts: [host] }),
    pauseMaintenance: ({ operation }) => ({ operation }),
    proceedMaintenance: ({ operation }) => ({ operation }),
    preflight: ({ host }) => ({ hosts: [{ host }] }),
    promoteNodes: ({ node }) => ({ nodes: [node] }),
    recoverCluster: ({ cluster, host }) => ({ cluster, host, confirm: 'of-theirs' }),
    releaseHost: ({ host }) => ({ id: host }),
    removeNodes: ({ node }) => ({ nodes: [node], force: true }),
    renameCluster: ({ cluster }) => ({ cluster, name: 'new' }),
    renameHost: ({ host }) => ({ id: host, name: 'new' }),
    resumeMaintenance: ({ operation }) => ({ operation }),
    revealJoinToken: ({ cluster }) => ({ cluster, role: 'MANAGER' }),
    revealUnlockKey: ({ cluster }) => ({ cluster }),
    revokeApiKey: ({ key }) => ({ id: key }),
    revokeSession: ({ session }) => ({ id: session }),
    revokeHost: ({ host }) => ({ id: host }),
    rollMaintenance: ({ cluster }) => ({ cluster, selector: { all: true } }),
    rotateCA: ({ cluster }) => ({ cluster }),
    rotateJoinToken: ({ cluster }) => ({ cluster, role: 'WORKER' }),
    rotateUnlockKey: ({ cluster }) => ({ cluster }),
    // Of the whole history: nobody has it for one cluster.
    sealAudit: null,
    setNodeAvailability: ({ node }) => ({ nodes: [node], availability: 'DRAIN' }),
    unlockHosts: ({ host }) => ({ hosts: [host] }),
    updateCluster: ({ cluster }) => ({ cluster, autolock: true }),
    updateNodeLabels: ({ node }) => ({ nodes: [node], set: [{ key: 'k' }] }),
  };

  it('every mutation has its row here', () => {
    const known = fieldsOf('Mutation').map(({ name }) => name);
    expect(known.filter((name) => !(name in naming))).toEqual([]);
  });

  it.each(Object.keys(naming).filter((name) => naming[name] !== null))(
    '%s refuses what is out of scope as what is not there: the same code and words, nothing done',
    async (mutation) => {
      const known = fieldsOf('Mutation').some(({ name }) => name === mutation);
      const input = naming[mutation];
      if (!known || !input) return;
      const real: Named = {
        cluster: theirs,
        host: at(system.members, 1).hostId,
        node: theirNode,
        operation: theirOperation,
        key: theirKey,
        webhook: theirWebhook,
        delivery: theirDelivery,
        session: theirSession,
      };
      const unknown = Object.fromEntries(
        Object.entries(real).map(([kind, id], at) => [kind, id.replace(/[a-z0-9]/g, 'vwxyzuts'.charAt(at))]),
      ) as Named;
      const scoped = createPerform(system.server.url, scopedKey);
      const [out, none] = [await scoped(mutation, input(real)), await scoped(mutation, input(unknown))];
      expect(out).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_FOUND' }, steps: [] });
      const words = ({ failure, targets }: typeof out): unknown =>
        JSON.parse(
          Object.keys(real).reduce(
            (text, kind) =>
              text
                .replaceAll(real[kind as keyof Named], `the ${kind}`)
                .replaceAll(unknown[kind as keyof Named], `the ${kind}`),
            JSON.stringify({ failure, targets }),
          ),
        );
      expect(words(out)).toEqual(words(none));
    },
  );

  it('an ambiguous reference names candidates in scope only', async () => {
    // The same name there and here.
    const host = at(system.members, 1).host.hostname;
    const answer = await overHttp(system.server, scopedKey, `{ node(ref: "${host}") { id } }`);
    expect(answer).toEqual({ code: null, data: { node: null } });
  });

  it('every subscription is silent on what is out of scope, and tells that a host left', {
    timeout: 60_000,
  }, async () => {
    const streams = fieldsOf('Subscription').map(({ name, type }) => ({
      name,
      stream: subscribeSse(
        system.server.url,
        scopedKey,
        `subscription($after: String) { ${name}(after: $after)${wholeOf(type)} }`,
        { after: cursor },
      ),
    }));
    const leaver = at(system.members, 2);
    expect((await engineOf(leaver.host).post('/swarm/leave')).status).toBe(200);
    expect(await perform('updateNodeLabels', { nodes: [theirNode], remove: ['secretlabel'] })).toMatchObject({
      state: 'SUCCEEDED',
    });
    expect(
      await perform('updateNodeLabels', { nodes: [await nodeIn(mine)], set: [{ key: 'last' }] }),
    ).toMatchObject({ state: 'SUCCEEDED' });
    for (const [cluster, member] of [
      [theirs, 1],
      [mine, 0],
    ] as const) {
      await makeObjects(system, cluster, cursor);
      const { hostId } = at(system.members, member);
      const declared = await perform('applyFleet', {
        document: `{skepFleet: 1, cluster: ${cluster}, nodes: [{host: ${hostId}, role: manager}]}`,
      });
      expect(declared).toMatchObject({ state: 'SUCCEEDED' });
    }
    const heard = (name: string) =>
      at(
        streams.filter((one) => one.name === name),
        0,
      ).stream.received;
    await until(
      () =>
        heard('hostChanged').some(
          ({ hostId, changes }) =>
            hostId === leaver.hostId &&
            changes.some((change: any) => change.path === 'localState' && change.new === 'INACTIVE'),
        ),
      'that the host has left its cluster',
    );
    await until(() => JSON.stringify(heard('auditRecorded')).includes('last'), 'the last record');
    for (const { name } of streams) await until(() => heard(name).length > 0, `an event of ${name}`);
    for (const { name, stream } of streams) {
      expect(stream.errors, name).toEqual([]);
      expect(stream.received.length, name).toBeGreaterThan(0);
      expect(found(stream.received), name).toEqual([]);
      stream.stop();
    }
  });

  it('a key for no cluster holds nothing anywhere, but may ask who it is', async () => {
    const answers = await Promise.all(
      [
        '{ clusters { id } }',
        '{ apiKeys { id } }',
        'mutation { createEnrolment(input: {}) { secret } }',
        'subscription { auditRecorded { cursor } }',
      ].map((document) => overHttp(system.server, nobodysKey, document)),
    );
    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 'FORBIDDEN'));
    const { viewer } = await system.as(nobodysKey)('{ viewer { permissions clusters } }');
    expect(viewer).toEqual({ permissions: [], clusters: [] });
  });
});
