// The agent's process: configuration in, signals, exit codes (0 after SIGTERM, 2 for a bad configuration, 1 otherwise).
import { en } from 'zod/locales';
import * as z from 'zod/mini';
import packageJson from '../package.json' with { type: 'json' };
import { type Agent, startAgent } from './agent.ts';
import { BadConfig, readConfig } from './config.ts';
import { armFailpoints } from './failpoints.ts';
import { createLog } from './log.ts';

const graceMs = 5000;

// zod/mini says why in no language unless told to. Compiled checks pay for many values, not for an agent's few.
z.config({ ...en(), jitless: true });

async function main(): Promise<void> {
  let agent: Agent;
  try {
    const config = readConfig({ args: process.argv.slice(2), environment: process.env });
    const log = createLog({ level: config.logLevel });
    armFailpoints(config.failpoints, log);
    log.info(
      { version: packageJson.version, server: config.serverUrl, allow: [...config.allow] },
      'agent starts',
    );
    agent = await startAgent({ config, version: packageJson.version, log });
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
