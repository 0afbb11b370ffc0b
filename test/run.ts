// `npm test`: engines made ready, the whole suite run by vitest, and one last line that counts what passed and failed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { whyNoRealEngines } from '../lab/engines/can-run.ts';
import { labFolder } from '../lab/engines/lab.ts';
import { sweep } from '../lab/engines/lab-claims.ts';
import { type EngineVersion, prepareEngine } from '../lab/engines/packages.ts';
import { sayWhile } from '../lab/say-while.ts';
import { whyNoBrowser } from './support/browser.ts';

const say = (line: string): void => console.log(`test: ${line}`);

/** The one that most tests run on comes first. */
const versions: readonly EngineVersion[] = ['20.10', '28.5', '26.1'];

/** Null when real engines are ready, otherwise why the tests take simulated ones. */
const prepareEngines = async (): Promise<string | null> => {
  const why = whyNoRealEngines();
  if (why !== null) return why;
  const dir = labFolder();
  const swept = await sweep({ dir });
  if (swept.length > 0) say(`swept what killed runs had left behind: ${swept.join(', ')}`);
  try {
    for (const version of versions)
      await sayWhile(say, () => prepareEngine({ dir, version, onProgress: say }));
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

/** @param exitCode vitest's: it also fails for errors outside of any test. */
const countResults = (path: string, exitCode: number): Count => {
  const count = { passed: 0, failed: 0, skipped: 0 };
  try {
    const { testResults } = reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    for (const { status, assertionResults } of testResults) {
      for (const test of assertionResults) {
        if (test.status === 'passed') count.passed += 1;
        else if (test.status === 'failed') count.failed += 1;
        else count.skipped += 1;
      }
      // A file that failed outside its tests: not loaded, or a hook that threw.
      if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed'))
        count.failed += 1;
    }
  } catch (error) {
    say(`no results could be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (exitCode !== 0 && count.failed === 0) count.failed = 1;
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
  if (why === null) say(`REAL Docker Engines (${versions.join(', ')}), in namespaces of their own`);
  else say(`SIMULATED engines, and not real Docker Engines: ${why}`);
  if (whyNoBrowser !== null) say(`tests of the console are SKIPPED: ${whyNoBrowser}`);
  if (why !== null && process.env.CI === 'true') throw new Error('CI=true asks for real engines');
  const folder = mkdtempSync(join(tmpdir(), 'skep-test-'));
  const report = join(folder, 'report.json');
  try {
    const code = await runVitest(
      [
        '--reporter=default',
        `--reporter=${fileURLToPath(new URL('tell-failed.ts', import.meta.url))}`,
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...process.argv.slice(2),
      ],
      why === null ? {} : { SKEP_ENGINES: 'simulated' },
    );
    const { passed, failed, skipped } = countResults(report, code);
    console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
});
