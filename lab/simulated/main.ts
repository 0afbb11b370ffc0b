// Runs a simulated world as a process of its own: for the demo without root, and for trying things by hand.
// Usage: node --import tsx lab/simulated/main.ts --dir FOLDER [--engines 3] [--prefix sim] [--version 28.5] [--speed 1]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isEngineVersion } from './engine-versions.ts';
import { createWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    engines: { type: 'string', default: '3' },
    prefix: { type: 'string', default: 'sim' },
    version: { type: 'string', default: '28.5' },
    speed: { type: 'string', default: '1' },
  },
});
const { dir, prefix, version } = values;
if (dir === undefined) throw new Error('--dir is required: the folder for the sockets');
if (!isEngineVersion(version)) throw new Error('--version is one of 20.10, 26.1, 28.5');

mkdirSync(dir, { recursive: true });
const world = createWorld({ version, speed: Number(values.speed) });
for (let index = 1; index <= Number(values.engines); index += 1) {
  await world.addEngine({
    hostname: `${prefix}${index}`,
    address: `10.99.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    socketPath: join(dir, `${prefix}${index}.sock`),
  });
}
const engines = world.engines().map(({ hostname, address, socketPath, version: full }) => ({
  hostname,
  address,
  socketPath,
  version: full,
}));
process.stdout.write(`${JSON.stringify({ ready: true, engines })}\n`);

const stop = async (): Promise<void> => {
  await world.close();
  process.exit(0);
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
