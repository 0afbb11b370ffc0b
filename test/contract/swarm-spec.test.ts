// The swarm's own object: tokens, their rotation, the spec, autolock, CA rotation.
import { expect, test } from 'vitest';
import { describeContract } from './describe-contract.ts';
import { idOf, init, join, LISTEN, promote, remoteOf, until, untilState } from './swarm-steps.ts';

describeContract('the swarm spec', (lab) => {
  const update = async (query: string, parts: Record<string, unknown> = {}) => {
    const { api } = lab.member(1);
    const { Spec, Version } = await api.swarm();
    return api.call('POST', `/swarm/update?version=${Version.Index}${query}`, { ...Spec, ...parts });
  };

  test('changes one token at a rotation, and refuses the old one', async () => {
    const manager = lab.member(1);
    await init(manager);
    const before = (await manager.api.swarm()).JoinTokens;
    expect(before.Worker.slice(0, 59)).toBe(before.Manager.slice(0, 59));
    expect(await update('&rotateWorkerToken=true')).toMatchObject({ status: 200, text: '' });
    const after = (await manager.api.swarm()).JoinTokens;
    expect(after.Worker).not.toBe(before.Worker);
    expect(after.Manager).toBe(before.Manager);
    expect((await update('&rotateManagerToken=1')).status).toBe(200);
    expect((await manager.api.swarm()).JoinTokens).toMatchObject({ Worker: after.Worker });
    expect((await manager.api.swarm()).JoinTokens.Manager).not.toBe(before.Manager);
    const old = { ...LISTEN, RemoteAddrs: [remoteOf(manager)], JoinToken: before.Worker };
    expect(await lab.member(2).api.call('POST', '/swarm/join', old)).toMatchObject({
      status: 400,
      message:
        'rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster',
    });
    expect(await update('&rotateWorkerToken=maybe')).toMatchObject({
      status: 400,
      message: 'invalid value for rotateWorkerToken: maybe',
    });
  });

  test('refuses a bad spec or version', async () => {
    const { api } = lab.member(1);
    const { Spec, Version } = await api.swarm();
    const at = (version: string | number, parts: Record<string, unknown> = {}) =>
      api.call('POST', `/swarm/update?version=${version}`, { ...Spec, ...parts });
    expect(await at('')).toMatchObject({
      status: 400,
      message: `invalid swarm version '': strconv.ParseUint: parsing "": invalid syntax`,
    });
    expect(await at(Version.Index - 1)).toMatchObject({
      status: 500,
      message: 'rpc error: code = Unknown desc = update out of sequence',
    });
    expect(await at(Version.Index, { Name: 'other' })).toMatchObject({
      status: 400,
      message: 'swarm spec must be named "default"',
    });
    expect(await at(Version.Index, { CAConfig: { NodeCertExpiry: 1e9 } })).toMatchObject({
      status: 400,
      message: 'rpc error: code = InvalidArgument desc = minimum certificate expiry time is: 1h0m0s',
    });
    expect(await at(Version.Index, { Dispatcher: { HeartbeatPeriod: -1 } })).toMatchObject({
      status: 400,
      message: 'rpc error: code = InvalidArgument desc = heartbeat time period cannot be a negative duration',
    });
    expect((await api.swarm()).Version).toEqual(Version);
  });

  test('loses every setting that an update leaves out', async () => {
    const { api } = lab.member(1);
    const { Spec, Version } = await api.swarm();
    expect((await api.call('POST', `/swarm/update?version=${Version.Index}`, {})).status).toBe(200);
    const wiped = (await api.swarm()).Spec;
    expect(wiped.Orchestration).toEqual({ TaskHistoryRetentionLimit: 0 });
    expect(wiped.Dispatcher).toEqual({});
    expect(wiped.CAConfig).toEqual({});
    expect(await update('', Spec)).toMatchObject({ status: 200 });
    expect((await api.swarm()).Spec).toEqual(Spec);
  });

  test('renews the root certificate and then the tokens', async () => {
    const manager = lab.member(1);
    await join(lab.member(2), manager, 'Worker');
    const before = await manager.api.swarm();
    const caConfig = { ...before.Spec.CAConfig, ForceRotate: (before.Spec.CAConfig.ForceRotate ?? 0) + 1 };
    expect((await update('', { CAConfig: caConfig })).status).toBe(200);
    const during = await manager.api.swarm();
    expect(during.RootRotationInProgress).toBe(true);
    expect(during.JoinTokens).toEqual(before.JoinTokens);
    await until(async () => expect((await manager.api.swarm()).RootRotationInProgress).toBe(false));
    const after = await manager.api.swarm();
    expect(after.TLSInfo.TrustRoot).not.toBe(before.TLSInfo.TrustRoot);
    expect(after.JoinTokens.Worker.slice(0, 59)).not.toBe(before.JoinTokens.Worker.slice(0, 59));
    // The secret part changes as well: no token from before the rotation is good for anything.
    expect(after.JoinTokens.Worker.slice(59)).not.toBe(before.JoinTokens.Worker.slice(59));
    await until(async () => {
      for (const node of await manager.api.nodes()) expect(node.Description.TLSInfo).toEqual(after.TLSInfo);
    });
  });

  test('announces the new root, and waits with it for a node that is Down', async () => {
    const manager = lab.member(1);
    const gone = await idOf(lab.member(2));
    await lab.member(2).host.kill9();
    await untilState(manager, gone, 'down');
    const before = await manager.api.swarm();
    const caConfig = { ...before.Spec.CAConfig, ForceRotate: (before.Spec.CAConfig.ForceRotate ?? 0) + 1 };
    expect((await update('', { CAConfig: caConfig })).status).toBe(200);
    const issuerOf = async (id: string) =>
      (await manager.api.node(id)).Description.TLSInfo.CertIssuerPublicKey;
    const self = await idOf(manager);
    const { TLSInfo } = await manager.api.swarm();
    expect(TLSInfo.TrustRoot).toBe(before.TLSInfo.TrustRoot);
    expect(TLSInfo.CertIssuerPublicKey).not.toBe(before.TLSInfo.CertIssuerPublicKey);
    await until(async () => expect(await issuerOf(self)).toBe(TLSInfo.CertIssuerPublicKey));
    expect(await issuerOf(gone)).toBe(before.TLSInfo.CertIssuerPublicKey);
    expect(await manager.api.swarm()).toMatchObject({
      RootRotationInProgress: true,
      JoinTokens: before.JoinTokens,
      TLSInfo: { TrustRoot: before.TLSInfo.TrustRoot },
    });
    await lab.member(2).host.start();
    await until(async () => expect((await manager.api.swarm()).RootRotationInProgress).toBe(false));
    const after = await manager.api.swarm();
    expect(after.TLSInfo.TrustRoot).not.toBe(before.TLSInfo.TrustRoot);
    expect(after.TLSInfo.CertIssuerPublicKey).toBe(TLSInfo.CertIssuerPublicKey);
  });

  test('locks a manager that starts again, until it gets the key', async () => {
    const [first, second] = [lab.member(1), lab.member(2)];
    await join(lab.member(3), first, 'Manager');
    await promote(first, second);
    const keyOf = async () => (await first.api.call('GET', '/swarm/unlockkey')).text;
    expect(JSON.parse(await keyOf())).toEqual({ UnlockKey: '' });
    expect((await update('', { EncryptionConfig: { AutoLockManagers: true } })).status).toBe(200);
    const { UnlockKey } = JSON.parse(await keyOf());
    expect(UnlockKey).toMatch(/^SWMKEY-1-[A-Za-z0-9+/]{43}$/);
    const id = await idOf(second);
    await second.host.stop();
    await second.host.start();
    await until(async () => expect((await second.api.info()).Swarm.LocalNodeState).toBe('locked'));
    const locked =
      'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.';
    expect((await second.api.info()).Swarm).toMatchObject({
      NodeID: '',
      ControlAvailable: false,
      Error: locked,
    });
    expect(await second.api.call('GET', '/nodes')).toMatchObject({ status: 503, message: locked });
    expect(await second.api.call('POST', '/swarm/leave')).toMatchObject({
      status: 503,
      message:
        'Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.',
    });
    if (lab.isStrict(second)) expect((await second.api.call('GET', '/_ping')).headers.swarm).toBe('locked');
    const unlock = (key: string) => second.api.call('POST', '/swarm/unlock', { UnlockKey: key });
    expect(await unlock('hello')).toMatchObject({ status: 400, message: 'invalid key string' });
    expect(await unlock(`SWMKEY-1-${'A'.repeat(43)}`)).toMatchObject({
      status: 401,
      message: 'swarm could not be unlocked: invalid key provided',
    });
    expect(await unlock(UnlockKey)).toMatchObject({ status: 200, text: '' });
    await until(async () => {
      expect((await second.api.info()).Swarm).toMatchObject({
        NodeID: id,
        ControlAvailable: true,
        Error: '',
      });
    });
    expect((await update('&rotateManagerUnlockKey=true')).status).toBe(200);
    expect(JSON.parse(await keyOf()).UnlockKey).not.toBe(UnlockKey);
  });

  test('opens a manager that was away at a rotation of the key with the key of before alone', async () => {
    const [first, second] = [lab.member(1), lab.member(2)];
    const keyOf = async (): Promise<string> =>
      JSON.parse((await first.api.call('GET', '/swarm/unlockkey')).text).UnlockKey;
    const id = await idOf(second);
    await until(async () => {
      expect((await first.api.node(id)).ManagerStatus?.Reachability).toBe('reachable');
    });
    await second.host.stop();
    await second.host.start();
    const unlock = (key: string) => second.api.call('POST', '/swarm/unlock', { UnlockKey: key });
    await until(async () => expect((await second.api.info()).Swarm.LocalNodeState).toBe('locked'));
    const old = await keyOf();
    expect((await update('&rotateManagerUnlockKey=true')).status).toBe(200);
    expect((await unlock(await keyOf())).status).toBe(401);
    expect((await unlock(old)).status).toBe(200);
    await until(async () => expect((await second.api.info()).Swarm.NodeID).toBe(id));
  });

  test('is pending after an unlock without a leader, until others are unlocked too', async () => {
    const all = [lab.member(1), lab.member(2), lab.member(3)] as const;
    const [first] = all;
    const ids = await Promise.all(all.map(idOf));
    const { UnlockKey: key } = JSON.parse((await first.api.call('GET', '/swarm/unlockkey')).text);
    for (const id of ids)
      await until(async () => {
        expect((await first.api.node(id)).ManagerStatus?.Reachability).toBe('reachable');
      });
    await Promise.all(all.map(({ host }) => host.stop()));
    await Promise.all(all.map(({ host }) => host.start()));
    const stateOf = async ({ api }: (typeof all)[number]) => (await api.info()).Swarm;
    for (const one of all)
      await until(async () => expect((await stateOf(one)).LocalNodeState).toBe('locked'));
    const unlock = ({ api }: (typeof all)[number]) => api.call('POST', '/swarm/unlock', { UnlockKey: key });
    let answered = false;
    const alone = unlock(first).then((answer) => {
      answered = true;
      return answer;
    });
    await until(async () =>
      expect(await stateOf(first)).toMatchObject({ LocalNodeState: 'pending', NodeID: ids[0] }),
    );
    expect(answered).toBe(false);
    const others = await Promise.all([unlock(all[1]), unlock(all[2])]);
    for (const { status } of [await alone, ...others]) expect(status).toBe(200);
    for (const [n, one] of all.entries())
      await until(async () =>
        expect(await stateOf(one)).toMatchObject({ LocalNodeState: 'active', NodeID: ids[n] }),
      );
  });
});
