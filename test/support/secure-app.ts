// The server in the test's own process, speaking TLS, and a caller that trusts the certificate that it is given.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer } from '../../lab/client.ts';
import { type App, createApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { createLog } from '../../server/platform/log.ts';

/** POSTs a document over TLS. Rejects when the certificate does not convince. */
export const securePost = (url: string, ca: string, key: string, query: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        ca,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(JSON.parse(text) as Answer));
      },
    );
    sent.on('error', reject).end(JSON.stringify({ query }));
  });

export type SecureApp = {
  app: App;
  adminKey: string;
  /** What a caller has to trust; read when asked for. */
  certificate(): string;
  ask(query: string): Promise<Record<string, any>>;
  /** The secret of a new enrolment. */
  enrolment(): Promise<string>;
};

/**
 * @param env beside the data folder and any free port; by default TLS with a certificate of its own.
 * @param knownKey of the first admin, where the folder has been used before.
 */
export const startSecureApp = async (
  dir: string,
  env: Record<string, string> = { SKEP_TLS: 'self-signed' },
  knownKey = '',
): Promise<SecureApp> => {
  const config = readConfig({
    SKEP_DATA_DIR: join(dir, 'data'),
    SKEP_PORT: '0',
    SKEP_LOG_LEVEL: 'silent',
    ...env,
  });
  let adminKey = knownKey;
  const app = await createApp({
    config,
    migrations: fileURLToPath(new URL('../../prisma/migrations', import.meta.url)),
    web: null,
    showFirstKey: (key) => {
      adminKey = key;
    },
    log: createLog({ level: config.logLevel }),
  });
  const certificate = (): string =>
    readFileSync(env.SKEP_TLS_CERT ?? join(dir, 'data/tls-certificate.pem'), 'utf8');
  const ask = async (query: string): Promise<Record<string, any>> => {
    const { data, errors } = await securePost(app.url, certificate(), adminKey, query);
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data;
  };
  return {
    app,
    adminKey,
    certificate,
    ask,
    enrolment: async () => {
      const { createEnrolment } = await ask('mutation { createEnrolment(input: {}) { secret } }');
      return createEnrolment.secret as string;
    },
  };
};
