// Overlay networks of a swarm: what is taken, what is refused, and when a network has its addresses.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeContract, type Member } from './describe-contract.ts';
import { init, until } from './swarm-steps.ts';

const networkShape = z.object({
  Id: z.string().regex(/^[0-9a-z]{25}$/),
  Name: z.string(),
  Scope: z.literal('swarm'),
  Driver: z.string(),
  EnableIPv6: z.boolean(),
  Internal: z.boolean(),
  Attachable: z.boolean(),
  Ingress: z.boolean(),
  Options: z.record(z.string(), z.string()).nullable(),
  Labels: z.record(z.string(), z.string()).nullable(),
  IPAM: z.object({
    Config: z
      .array(z.object({ Subnet: z.string(), Gateway: z.string(), IPRange: z.string().optional() }))
      .nullable(),
  }),
});

const networksOf = async ({ api }: Member) => {
  const answer = await api.call('GET', `/networks?filters=${encodeURIComponent('{"scope":["swarm"]}')}`);
  expect(answer.status).toBe(200);
  return networkShape.array().parse(JSON.parse(answer.text));
};
const create = ({ api }: Member, body: object) =>
  api.call('POST', '/networks/create', { Driver: 'overlay', CheckDuplicate: true, ...body });

describeContract('networks', (lab) => {
  test('are not made outside of a swarm', async () => {
    const member = lab.member(1);
    expect(await networksOf(member)).toEqual([]);
    const refused = await create(member, { Name: 'early' });
    expect(refused.status).toBe(lab.isStrict(member) ? 403 : 500);
    expect(refused.message).toContain('This node is not a swarm manager. Use "docker swarm init"');
  });

  test('begin with the ingress network', async () => {
    const member = lab.member(1);
    await init(member);
    await until(async () => {
      expect(await networksOf(member)).toMatchObject([
        { Name: 'ingress', Driver: 'overlay', Ingress: true, IPAM: { Config: [{ Subnet: '10.0.0.0/24' }] } },
      ]);
    });
  });

  test('get their addresses a moment after they were made', async () => {
    const member = lab.member(1);
    const config = { Subnet: '10.77.0.0/24', Gateway: '10.77.0.1', IPRange: '10.77.0.128/25' };
    const made = await create(member, {
      Name: 'app',
      Attachable: true,
      Internal: true,
      Labels: { team: 'web' },
      Options: { encrypted: '' },
      IPAM: { Driver: 'default', Config: [config] },
    });
    expect(made.status).toBe(201);
    const { Id } = z.object({ Id: z.string() }).parse(JSON.parse(made.text));
    await until(async () => {
      const app = (await networksOf(member)).find(({ Name }) => Name === 'app');
      expect(app).toMatchObject({
        Id,
        Driver: 'overlay',
        Attachable: true,
        Internal: true,
        Labels: { team: 'web' },
        Options: { encrypted: '' },
        IPAM: { Config: [config] },
      });
    });
  });

  test('are refused with a name that is taken, or is none', async () => {
    const member = lab.member(1);
    for (const name of ['app', 'bridge', 'host'])
      expect(await create(member, { Name: name })).toMatchObject({
        status: 409,
        message: `network with name ${name} already exists`,
      });
    expect(await create(member, { Name: 'two words' })).toMatchObject({
      status: 400,
      message: 'rpc error: code = InvalidArgument desc = name must be valid as a DNS name component',
    });
  });

  test('with a subnet that is taken are made, and never get their addresses', async () => {
    const member = lab.member(1);
    const made = await create(member, { Name: 'silent', IPAM: { Config: [{ Subnet: '10.77.0.0/24' }] } });
    expect(made.status).toBe(201);
    // What is asked for later has its addresses first.
    expect((await create(member, { Name: 'later' })).status).toBe(201);
    await until(async () => {
      const found = await networksOf(member);
      expect(found.find(({ Name }) => Name === 'later')?.Driver).toBe('overlay');
      expect(found.find(({ Name }) => Name === 'silent')).toMatchObject({
        Driver: '',
        IPAM: { Config: null },
      });
    });
  });

  test('in use are not removed, and what is gone is not found', async () => {
    const { api } = lab.member(1);
    const [app] = (await networksOf(lab.member(1))).filter(({ Name }) => Name === 'app');
    const service = await api.call('POST', '/services/create', {
      Name: 'web',
      TaskTemplate: { ContainerSpec: { Image: 'bb:1' }, Networks: [{ Target: app?.Id, Aliases: ['www'] }] },
      Mode: { Replicated: { Replicas: 0 } },
    });
    expect(service.status).toBe(201);
    const { ID } = z.object({ ID: z.string() }).parse(JSON.parse(service.text));
    expect(await api.call('DELETE', `/networks/${app?.Id}`)).toMatchObject({
      status: 400,
      message: `rpc error: code = FailedPrecondition desc = network ${app?.Id} is in use by service ${ID}`,
    });
    expect((await api.call('DELETE', `/services/${ID}`)).status).toBe(200);
    await until(async () => expect((await api.call('DELETE', `/networks/${app?.Id}`)).status).toBe(204));
    expect(await api.call('DELETE', `/networks/${app?.Id}`)).toMatchObject({
      status: 404,
      message: `network ${app?.Id} not found`,
    });
  });
});
