// The lab for a developer's hands: `node --import tsx lab/engines/cli.ts up 3 28.5`, `... down`.
import { parseArgs } from 'node:util';
import { whyNoRealEngines } from './can-run.ts';
import { createLab, labFolder } from './lab.ts';
import { readClaim, removeLab, sweep } from './lab-claims.ts';
import { type EngineVersion, engineSuites, prepareEveryEngine } from './packages.ts';

const usage = `Real Docker Engines on this machine, apart from its own.

  up N [VERSION]   start N hosts (default version 20.10; ${Object.keys(engineSuites).join(', ')}) that stay until down
  down             remove them, and what crashed labs left
  prepare          unpack every version, as the tests do before they begin
  --prefix NAME    which lab (default dev)     --subnet A.B.C    its network (default 10.88.0)
`;

function isEngineVersion(text: string): text is EngineVersion {
  return Object.hasOwn(engineSuites, text);
}

async function up(count: number, version: EngineVersion, prefix: string, subnet: string): Promise<void> {
  const why = whyNoRealEngines();
  if (why) throw new Error(why);
  const lab = createLab({ dir: labFolder(), prefix, subnet, keep: true, onProgress: console.error });
  try {
    const hosts = await Promise.all(Array.from({ length: count }, () => lab.addHost({ version })));
    for (const host of hosts) {
      console.log(
        `${host.hostname}  ${host.address}  DOCKER_HOST=unix://${host.socketPath}  nsenter --net=${host.netns}`,
      );
    }
  } catch (error) {
    await lab.down();
    throw error;
  }
}

async function down(prefix: string): Promise<void> {
  const claim = await readClaim(prefix);
  if (claim?.owner) throw new Error(`Lab ${prefix} belongs to process ${claim.owner.pid}: end that one`);
  if (claim) await removeLab(prefix, claim.dir);
  const removed = await sweep({ dir: labFolder() });
  console.log(`removed: ${[...(claim ? [prefix] : []), ...removed].join(', ') || 'nothing was there'}`);
}

async function prepare(): Promise<void> {
  const why = whyNoRealEngines();
  if (why) throw new Error(why);
  await prepareEveryEngine({ dir: labFolder(), onProgress: console.error });
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { prefix: { type: 'string', default: 'dev' }, subnet: { type: 'string', default: '10.88.0' } },
  });
  const [command, count = '', version = '20.10'] = positionals;
  if (command === 'down' && positionals.length === 1) return down(values.prefix);
  if (command === 'prepare' && positionals.length === 1) return prepare();
  const isUp = command === 'up' && /^[1-9]\d{0,2}$/.test(count) && isEngineVersion(version);
  if (isUp) return up(Number(count), version, values.prefix, values.subnet);
  throw new Error(`Not understood: ${positionals.join(' ') || '(nothing)'}\n\n${usage}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
