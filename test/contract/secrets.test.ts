// Secrets and configs of a swarm: what is taken, what is refused, and what comes back.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeContract } from './describe-contract.ts';
import { init } from './swarm-steps.ts';

const keptShape = z.object({
  ID: z.string().regex(/^[0-9a-z]{25}$/),
  Version: z.object({ Index: z.number() }),
  CreatedAt: z.string(),
  UpdatedAt: z.string(),
  Spec: z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()), Data: z.string().optional() }),
});
const base64 = (bytes: number): string => Buffer.alloc(bytes, 'x').toString('base64');

describeContract('secrets and configs', (lab) => {
  test('need a manager', async () => {
    const { api } = lab.member(1);
    expect(await api.call('GET', '/secrets')).toMatchObject({ status: 503 });
    await init(lab.member(1));
    expect(await api.call('GET', '/secrets')).toMatchObject({ status: 200, text: '[]\n' });
  });

  test.each([
    { kind: 'secrets', one: 'secret', most: 512_000, tells: false },
    { kind: 'configs', one: 'config', most: 1_024_000, tells: true },
  ])('$kind', async ({ kind, one, most, tells }) => {
    const { api } = lab.member(1);
    const create = (body: object) => api.call('POST', `/${kind}/create`, body);
    const made = await create({ Name: 'kept', Data: base64(5), Labels: { team: 'web' } });
    expect(made.status).toBe(201);
    const { ID } = z.object({ ID: z.string() }).parse(JSON.parse(made.text));
    expect(await create({ Name: 'kept', Data: base64(5) })).toMatchObject({
      status: 409,
      message: `rpc error: code = AlreadyExists desc = ${one} kept already exists`,
    });
    for (const name of ['two words', 'x'.repeat(65), '-a'])
      expect(await create({ Name: name, Data: base64(5) })).toMatchObject({
        status: 400,
        message: expect.stringContaining('invalid name, only 64 [a-zA-Z0-9-_.] characters allowed'),
      });
    for (const size of [0, most])
      expect(await create({ Name: 'size', Data: base64(size) })).toMatchObject({
        status: 400,
        message: `rpc error: code = InvalidArgument desc = ${one} data must be larger than 0 and less than ${most} bytes`,
      });
    expect((await create({ Name: 'size', Data: base64(most - 1) })).status).toBe(201);
    const list = keptShape.array().parse(JSON.parse((await api.call('GET', `/${kind}`)).text));
    const kept = list.find(({ Spec }) => Spec.Name === 'kept');
    expect(kept).toMatchObject({ ID, Spec: { Labels: { team: 'web' } } });
    for (const ref of [ID, 'kept']) {
      const one = await api.call('GET', `/${kind}/${ref}`);
      expect(keptShape.parse(JSON.parse(one.text))).toEqual(kept);
    }
    expect(await api.call('GET', `/${kind}/nosuch`)).toMatchObject({
      status: 404,
      message: `${one} nosuch not found`,
    });
    expect(kept?.Spec.Data).toBe(tells ? base64(5) : undefined);
    const reference = { File: { Name: 'kept', UID: '0', GID: '0', Mode: 292 } };
    const used =
      kind === 'secrets'
        ? { Secrets: [{ ...reference, SecretID: ID, SecretName: 'kept' }] }
        : { Configs: [{ ...reference, ConfigID: ID, ConfigName: 'kept' }] };
    const service = await api.call('POST', '/services/create', {
      Name: `uses${one}`,
      TaskTemplate: { ContainerSpec: { Image: 'bb:1', ...used } },
      Mode: { Replicated: { Replicas: 0 } },
    });
    expect(service.status).toBe(201);
    expect(await api.call('DELETE', `/${kind}/${ID}`)).toMatchObject({
      status: 400,
      message: `rpc error: code = InvalidArgument desc = ${one} 'kept' is in use by the following service: uses${one}`,
    });
    expect((await api.call('DELETE', `/services/uses${one}`)).status).toBe(200);
    expect((await api.call('DELETE', `/${kind}/${ID}`)).status).toBe(204);
    expect(await api.call('DELETE', `/${kind}/${ID}`)).toMatchObject({
      status: 404,
      message: `${one} ${ID} not found`,
    });
  });
});
