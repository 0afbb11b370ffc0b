// What is loaded after the agent has dialled: the log, and the agent itself.
import { type Agent, startAgent } from './agent.ts';
import type { Config } from './config.ts';
import type { Dialled } from './dial.ts';
import { armFailpoints } from './failpoints.ts';
import { createLog } from './log.ts';

/** Starts the agent of this process. Rejects as `startAgent` does, and when a failpoint is not known. */
export const run = async ({
  config,
  version,
  dialled,
}: {
  config: Config;
  version: string;
  dialled: Dialled | undefined;
}): Promise<Agent> => {
  const log = createLog({ level: config.logLevel });
  armFailpoints(config.failpoints, log);
  log.info({ version, server: config.serverUrl, allow: [...config.allow] }, 'agent starts');
  return startAgent({ config, version, log, dialled });
};
