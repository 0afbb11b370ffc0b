import { defineConfig } from 'vitest/config';

/** `npm test` runs this through test/run.ts, which prepares engines and builds first. */
export default defineConfig({
  // One graphql for the tests, the server and graphql-ws: two would each refuse the other's schema.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One key does in a minute what people do in a day. test/transports has the limits themselves.
    env: { SKEP_MUTATIONS_PER_MINUTE: '1000000', SKEP_REVEALS_PER_HOUR: '1000000' },
    pool: 'forks',
    // On two cores: much of the time goes by in waiting for engines.
    maxWorkers: 4,
  },
});
