// The agent's process: configuration in, signals, exit codes (0 after SIGTERM, 2 for a bad configuration, 1 otherwise).
import { en } from 'zod/locales';
import * as z from 'zod/mini';
import packageJson from '../package.json' with { type: 'json' };
import type { Agent } from './agent.ts';
import { BadConfig, type Config, readConfig } from './config.ts';
import { type Dialled, dial } from './dial.ts';
import { readMembership } from './identity.ts';
import { readUsage } from './usage.ts';

const graceMs = 5000;
const loadAnywayMs = 100;
const { version } = packageJson;

// zod/mini says why in no language unless told to. Compiled checks pay for many values, not for an agent's few.
z.config({ ...en(), jitless: true });

// Whether the folder is sound, and ours, is for `startAgent` to say; until then the server is told nothing that it acts on.
function dialEarly({ serverUrl: url, binding, stateFolder, enrolment }: Config): Dialled | undefined {
  try {
    const host = readMembership(stateFolder)?.host ?? '';
    return host === '' && enrolment === undefined ? undefined : dial({ url, binding, version, host });
  } catch {
    return undefined;
  }
}

async function main(): Promise<void> {
  const usage = readUsage(process.argv.slice(2), version);
  if (usage !== null) {
    process.stdout.write(usage);
    return;
  }
  let agent: Agent;
  try {
    const config = readConfig({ args: process.argv.slice(2), environment: process.env });
    const dialled = dialEarly(config);
    // All else is loaded when the first frame is on its way.
    const isLate = new Promise((resolve) => setTimeout(resolve, loadAnywayMs).unref());
    await Promise.race([dialled?.isUnderWay, isLate]);
    const { run } = await import('./run.ts');
    agent = await run({ config, version, dialled });
  } catch (error) {
    process.stderr.write(`skep-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof BadConfig ? 2 : 1);
  }
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    agent.stop(graceMs).finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

void main();
