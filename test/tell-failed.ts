import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Begins each line; .ci/run finds them by it and tells them again beside the count. */
export const failedMark = '✗ ';

/** Of one error: what it says, what differs, and where, without the stacks of libraries. */
const linesOfError = 30;

type Failure = { message?: string; diff?: string; stacks?: { file: string; line: number }[] };

const linesOf = ({ message = '', diff = '', stacks = [] }: Failure): string[] => [
  ...[message, diff].flatMap((text) => (text === '' ? [] : text.split('\n'))).slice(0, linesOfError),
  ...stacks.map(({ file, line }) => `at ${file}:${line}`).filter((place) => !place.includes('node_modules')),
];

const tell = (name: string, failures: readonly Failure[]): void => {
  const lines = failures.flatMap(linesOf).map((line) => `    ${stripVTControlCharacters(line)}`);
  for (const line of [name, ...lines]) console.log(`${failedMark}${line}`);
};

const tellCase = (test: TestCase): void => {
  const name = `${test.module.relativeModuleId} > ${test.fullName}`;
  const { state, errors } = test.result();
  if (state === 'failed') tell(name, errors as readonly Failure[]);
  else if (test.diagnostic()?.flaky)
    tell(`${name}: passed when tried once more`, errors as readonly Failure[]);
};

/** A reporter of vitest: what failed and why, as the last thing of the output. */
export default function tellFailed(): Reporter {
  return {
    onTestRunEnd: (modules: readonly TestModule[], unhandled) => {
      for (const module of modules) {
        if (module.errors().length > 0) tell(module.relativeModuleId, module.errors() as readonly Failure[]);
        for (const suite of module.children.allSuites())
          if (suite.errors().length > 0)
            tell(`${module.relativeModuleId} > ${suite.fullName}`, suite.errors() as readonly Failure[]);
        for (const test of module.children.allTests()) tellCase(test);
      }
      if (unhandled.length > 0) tell('outside of any test', unhandled as readonly Failure[]);
    },
  };
}
