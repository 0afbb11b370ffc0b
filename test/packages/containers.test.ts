// What docs/install.md and docs/operating.md say about containers is true: their boxes are typed as they stand, in the
// order of a reader, on one host that has a Docker Engine and the checkout.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/engines/host.ts';
import { createLab, type Lab, labFolder, ownPrefix } from '../../lab/engines/lab.ts';
import { whyNoRealEngines } from '../../lab/machines.ts';
import { boxesBelow, typeOn } from '../support/boxes.ts';
import { docker } from '../support/docker.ts';
import { readAudit } from '../support/history.ts';
import { type Images, makeImages } from '../support/images.ts';
import { callServerOn, firstKeyIn, type ServerInside } from '../support/server-inside.ts';

const [build = '', startServer = '', startAgent = '', ...moreOfInstalling] = boxesBelow(
  'docs/install.md',
  '## In containers',
);
const [backup = '', restore = '', ...moreOfOperating] = boxesBelow('docs/operating.md', '### In containers');
const [startService = '', ...moreOfServices] = boxesBelow(
  'docs/install.md',
  '## The server as a service of its own swarm',
);

it('knows each box', () => {
  expect([...moreOfInstalling, ...moreOfOperating, ...moreOfServices]).toEqual([]);
});

describe.skipIf(whyNoRealEngines() !== null)('the boxes about containers, on a real engine 20.10', () => {
  let lab: Lab;
  let host: LabHost;
  let images: Images;
  let server: ServerInside | undefined;

  /** Types what a reader would, who has another address and keeps backups in another folder. */
  const type = (box: string, folder?: string): Promise<string> =>
    typeOn(host, box.replaceAll('10.0.0.1', host.address).replaceAll('/backup', '/tmp/backup'), folder);
  const call = async (key: string): Promise<ServerInside> => {
    await server?.close();
    server = await callServerOn(lab, host, key);
    await server.answers();
    return server;
  };
  const called = (): ServerInside => {
    if (server === undefined) throw new Error('no server was started');
    return server;
  };
  const enrolled = async (): Promise<string[]> =>
    (await called().ask('{ enrolments { hostName } }')).enrolments.map(
      ({ hostName }: { hostName: string }) => hostName,
    );

  beforeAll(async () => {
    lab = createLab({ dir: labFolder(), prefix: ownPrefix('bx'), subnet: '10.86.0' });
    images = makeImages();
    host = await lab.addHost({ version: '20.10' });
  }, 300_000);

  afterAll(async () => {
    await server?.close();
    await lab?.down();
    images?.remove();
  }, 120_000);

  it('builds both images, of the packages', async () => {
    const checkout = await images.bring(host);
    // test/start.test.ts types that one; it takes npm.
    expect(build).toMatch(/^npm run pack\n/);
    const told = await type(build.replace('npm run pack\n', ''), checkout);
    for (const name of ['skep-server', 'skep-agent'])
      expect(told).toContain(`Successfully tagged ${name}:latest`);
  }, 120_000);

  it('starts a server that shows its first key', async () => {
    await call(firstKeyIn(await type(startServer)));
  }, 60_000);

  it('backs it up and restores it', async () => {
    await type('mkdir -p /backup');
    await called().perform('createEnrolment', { name: 'kept' });
    await type(backup);
    expect(await type('stat --format %a /backup/skep.tar.gz')).toBe('600\n');
    await called().perform('createEnrolment', { name: 'lost' });
    expect(await enrolled()).toEqual(['lost', 'kept']);

    await type(restore);
    await called().answers();
    expect(await enrolled()).toEqual(['kept']);
    expect((await called().ask('{ verifyAudit { ok } }')).verifyAudit).toEqual({ ok: true });
    expect(await readAudit(called().ask, { action: 'restored' })).toHaveLength(1);
  }, 90_000);

  it('starts an agent that reports its engine', async () => {
    const { payload } = await called().perform('createEnrolment', { name: 'first' });
    await type(startAgent.replace('skep_enr_…', payload.secret));
    await called().hostWithEngine('first');
  }, 90_000);

  it('starts a server as a service, which is healthy and shows its first key', async () => {
    // A machine that has none yet.
    await docker(host, 'rm', '--force', 'skep', 'skep-agent');
    await docker(host, 'volume', 'rm', '--force', 'skep', 'skep-agent');
    const { ask } = await call(firstKeyIn(await type(startService)));
    expect(await ask('{ enrolments { id } }')).toEqual({ enrolments: [] });
    expect(await docker(host, 'ps', '--format', '{{.Status}}')).toMatch(/^Up [^\n]* \(healthy\)\n$/);
  }, 90_000);
});
