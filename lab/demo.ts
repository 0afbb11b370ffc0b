// `npm run demo`: three machines, a swarm formed and managed through the API, and all of it left running until Ctrl-C.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { claimDemo } from './demo-claim.ts';
import { demoCommands } from './demo-commands.ts';
import { type DemoOptions, readOptions, usage } from './demo-options.ts';
import { choosePort } from './demo-port.ts';
import { playScenario } from './demo-scenario.ts';
import { type DemoSystem, startDemoSystem } from './demo-system.ts';
import { createLifetime, type Lifetime } from './lifetime.ts';

const checkout = resolve(import.meta.dirname, '..');
const data = resolve(process.env.SKEP_DEMO_DATA || join(checkout, 'data'));
const demoJson = join(data, 'demo.json');
const say = (line: string): void => console.log(line);
const shown = (path: string): string => {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
};

/** For scripts that go on from here. Whole at once: they wait for it to appear. */
const writeDemoJson = ({ url, console, adminKey, engines, hosts }: DemoSystem): void => {
  const entries = hosts.map(({ id, machine }) => ({
    id,
    hostname: machine.hostname,
    dockerHost: `unix://${machine.socketPath}`,
  }));
  const part = `${demoJson}.part`;
  rmSync(part, { force: true });
  writeFileSync(part, `${JSON.stringify({ url, console, adminKey, engines, hosts: entries }, null, 2)}\n`, {
    mode: 0o600,
  });
  renameSync(part, demoJson);
};

const invite = async (system: DemoSystem, cluster: string | null, cursor: string): Promise<void> => {
  const { createSignInLink } = await system.ask(
    'mutation { createSignInLink(input: { reason: "the demo invites" }) { link } }',
  );
  say(`\nAll of it keeps running until Ctrl-C. GraphQL and GraphiQL: ${system.url}`);
  say(`The console: ${system.console}`);
  say(`This link signs in to it, once and within five minutes: ${createSignInLink.link}`);
  say(`The admin key and the hosts are in ${shown(demoJson)}. To paste into another terminal:`);
  for (const { what, command } of demoCommands(system, demoJson, cluster, cursor))
    say(`\n# ${what}\n${command}`);
  say('\nReady.');
};

const run = async (options: DemoOptions, lifetime: Lifetime): Promise<void> => {
  const claim = await lifetime.own(
    () => claimDemo(join(data, 'demo.lock')),
    ({ release }) => release(),
  );
  if (claim.swept) say('swept what killed runs had left behind');
  const dir = join(data, 'demo');
  if (!options.keep) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  await lifetime.own(
    async () => rmSync(demoJson, { force: true }),
    () => rmSync(demoJson, { force: true }),
  );
  const port = await choosePort(options.port, claim.swept ? 3_000 : 0, say);
  const system = await startDemoSystem({
    dir,
    count: options.hosts,
    port,
    lifetime,
    noteFolder: claim.note,
    say,
  });
  writeDemoJson(system);
  say(`ready: ${system.url}; ${shown(demoJson)} is written`);
  const { eventCursor } = await system.ask('{ eventCursor }');
  const cluster = options.idle ? null : await playScenario(system, say);
  await invite(system, cluster, eventCursor);
};

/** Ends everything on the first signal, and just this process on the second. */
const endOnSignals = (lifetime: Lifetime): void => {
  let firstAt: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    // npm passes a terminal's Ctrl-C on once more: that one is not a second.
    if (firstAt !== null && performance.now() - firstAt < 500) return;
    if (firstAt !== null) {
      say('forced: what is left of engines is removed at the next start');
      process.exit(1);
    }
    firstAt = performance.now();
    say('\nstopping: agents, server, engines … (Ctrl-C again: at once)');
    lifetime.end().then(
      () => {
        say('stopped; nothing is left running');
        process.exit(signal === 'SIGINT' ? 130 : 143);
      },
      (error: unknown) => {
        console.error('not all could be ended:', error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // A reader that went away (`npm run demo | head`) is no reason to leave engines behind.
  process.stdout.on('error', () => undefined);
};

const main = async (): Promise<void> => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return say(usage);
  const lifetime = createLifetime();
  endOnSignals(lifetime);
  try {
    await run(options, lifetime);
  } catch (error) {
    // While all is ending, whatever was under way fails: the signal's handler has the word.
    if (lifetime.isEnding()) return;
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
    await lifetime.end();
    process.exit(1);
  }
};

main().catch((error: unknown) => {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 64;
});
