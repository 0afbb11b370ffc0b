// A system with a swarm and somebody signed in to its console: what tests of single pages begin with.
import type { Browser, Page } from 'playwright-core';
import type { EngineKind } from '../../lab/machines.ts';
import { consoleOf, openBrowser, signIn, visit } from './browser.ts';
import { createPerform, type Perform } from './perform.ts';
import { type System, startSystem } from './system.ts';

export type Signed = {
  system: System;
  cluster: string;
  perform: Perform;
  browser: Browser;
  page: Page;
  faults: string[];
  /** Opens an address of the console. */
  go(path: string): Promise<void>;
  stop(): Promise<void>;
};

const simulated: EngineKind = { kind: 'simulated', version: '28.5', speed: 10 };

/** Simulated engines: what pages show does not depend on who answers; main-job.test.ts has the real ones. */
export const signedIn = async ({
  hosts,
  managers = 1,
}: {
  hosts: number;
  managers?: number;
}): Promise<Signed> => {
  const system = await startSystem({ engines: simulated, hosts });
  const browser = await openBrowser();
  const cluster = await system.formSwarm({ managers });
  const { page, faults } = await visit(browser);
  await signIn(page, consoleOf(system), system.server.adminKey);
  return {
    system,
    cluster,
    perform: createPerform(system.server.url, system.server.adminKey),
    browser,
    page,
    faults,
    go: async (path) => void (await page.goto(new URL(path, consoleOf(system)).href)),
    stop: async () => {
      await browser.close();
      await system.stop();
    },
  };
};
