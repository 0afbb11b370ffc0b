// `npm test`: engines made ready, the whole suite run by vitest, and one last line that counts what passed and failed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { whyNoRealEngines } from '../lab/engines/can-run.ts';
import { labFolder } from '../lab/engines/lab.ts';
import { sweep } from '../lab/engines/lab-claims.ts';
import { engineSuites, prepareEveryEngine } from '../lab/engines/packages.ts';
import { sayWhile } from '../lab/say-while.ts';
import { whyNoBrowser } from './support/browser.ts';
import { failedMark } from './tell-failed.ts';

const say = (line: string): void => console.log(`test: ${line}`);

/** More failed files than this are no matter of chance. */
const againAtMost = 5;

/** Null when real engines are ready, otherwise why the tests take simulated ones. */
const prepareEngines = async (): Promise<string | null> => {
  const why = whyNoRealEngines();
  if (why !== null) return why;
  const dir = labFolder();
  const swept = await sweep({ dir });
  if (swept.length > 0) say(`swept what killed runs had left behind: ${swept.join(', ')}`);
  try {
    await sayWhile(say, () => prepareEveryEngine({ dir, onProgress: say }));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** What vitest's JSON reporter writes, as far as it is counted here. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      name: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});

type Count = { passed: number; failed: number; skipped: number };
/** By the file's path. */
type Results = Map<string, Count>;

const countFile = ({
  status,
  assertionResults,
}: z.infer<typeof reportSchema>['testResults'][number]): Count => {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const test of assertionResults) {
    if (test.status === 'passed') count.passed += 1;
    else if (test.status === 'failed') count.failed += 1;
    else count.skipped += 1;
  }
  // A file that failed outside its tests: not loaded, or a hook that threw.
  if (status === 'failed' && count.failed === 0) count.failed = 1;
  return count;
};

const readResults = (path: string): Results => {
  try {
    const { testResults } = reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return new Map(testResults.map((file) => [file.name, countFile(file)]));
  } catch (error) {
    say(`no results could be read: ${error instanceof Error ? error.message : String(error)}`);
    return new Map();
  }
};

const failedOf = (results: Results): string[] =>
  [...results].filter(([, { failed }]) => failed > 0).map(([file]) => file);

const total = (results: Results): Count => {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of results.values()) {
    count.passed += file.passed;
    count.failed += file.failed;
    count.skipped += file.skipped;
  }
  return count;
};

/** Runs vitest with its own output in sight. A signal goes to it, and we end when it has. */
const runVitest = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  new Promise((resolve, reject) => {
    const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
    const child = spawn(process.execPath, [vitest, 'run', ...args], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.once('error', reject).once('close', (code) => resolve(code ?? 1));
  });

const main = async (): Promise<void> => {
  const why = await prepareEngines();
  if (why === null)
    say(`REAL Docker Engines (${Object.keys(engineSuites).join(', ')}), in namespaces of their own`);
  else say(`SIMULATED engines, and not real Docker Engines: ${why}`);
  if (whyNoBrowser !== null) say(`tests of the console are SKIPPED: ${whyNoBrowser}`);
  if (why !== null && process.env.CI === 'true') throw new Error('CI=true asks for real engines');
  const folder = mkdtempSync(join(tmpdir(), 'skep-test-'));
  const env = why === null ? {} : { SKEP_ENGINES: 'simulated' };
  const run = async (name: string, args: readonly string[]): Promise<{ code: number; results: Results }> => {
    const report = join(folder, `${name}.json`);
    const reporters = ['default', fileURLToPath(new URL('tell-failed.ts', import.meta.url)), 'json'];
    const code = await runVitest(
      [...reporters.map((reporter) => `--reporter=${reporter}`), `--outputFile.json=${report}`, ...args],
      env,
    );
    return { code, results: readResults(report) };
  };
  try {
    let { code, results } = await run('first', process.argv.slice(2));
    const failed = failedOf(results);
    if (process.env.SKEP_TEST_AGAIN === 'true' && failed.length > 0 && failed.length <= againAtMost) {
      const names = failed.map((file) => relative(process.cwd(), file));
      say(`once more: ${names.join(', ')}`);
      const again = await run('again', names);
      code = again.code;
      results = new Map([...results, ...again.results]);
      for (const file of failed)
        if (results.get(file)?.failed === 0)
          console.log(`${failedMark}${relative(process.cwd(), file)}: passed when run once more`);
    }
    const count = total(results);
    // Vitest also fails for errors outside of any test.
    if (code !== 0 && count.failed === 0) count.failed = 1;
    console.log(
      `\n${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`,
    );
    process.exitCode = count.failed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
});
