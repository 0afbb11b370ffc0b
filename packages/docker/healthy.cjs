// The server's HEALTHCHECK: ends with 0 when /healthz of the server in this container answers 200.
'use strict';
const { SKEP_HOST = '127.0.0.1', SKEP_PORT = '4000', SKEP_TLS, SKEP_TLS_CERT } = process.env;
const hasTls = SKEP_TLS === 'self-signed' || Boolean(SKEP_TLS_CERT);
const anywhere = { '0.0.0.0': '127.0.0.1', '::': '::1' };

require(hasTls ? 'node:https' : 'node:http')
  .get(
    {
      host: anywhere[SKEP_HOST] ?? SKEP_HOST,
      port: SKEP_PORT,
      path: '/healthz',
      // It asks itself whether it answers, not who it is.
      rejectUnauthorized: false,
      timeout: 4_000,
    },
    (response) => process.exit(response.statusCode === 200 ? 0 : 1),
  )
  .once('timeout', () => process.exit(1))
  .once('error', () => process.exit(1));
