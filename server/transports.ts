// How callers come in: GraphQL over HTTP and over sockets, and the export, by one authentication and the same limits.
import { createAttempts } from './access/attempts.ts';
import { createOidcEndpoint } from './access/oidc-endpoint.ts';
import { clusterIdsOf } from './access/oidc-groups.ts';
import { createProvider } from './access/oidc-provider.ts';
import { createSessionCookie, createSignInCookie } from './access/session-cookie.ts';
import { createSessionEndpoint } from './access/session-endpoint.ts';
import { createExportEndpoint } from './audit/export-endpoint.ts';
import type { Audit } from './audit/record.ts';
import type { Config } from './config.ts';
import type { Parts } from './context.ts';
import { createAdmit } from './graphql/admit.ts';
import { createAdmitRequest } from './graphql/admit-request.ts';
import { createAuthenticate } from './graphql/authenticate.ts';
import { createReadDocument } from './graphql/document.ts';
import { createHttp } from './graphql/http.ts';
import { createOrigins } from './graphql/origins.ts';
import { createPresent } from './graphql/present.ts';
import { schema } from './graphql/schema.ts';
import { createSlowReaders, type SlowReaderLimits } from './graphql/slow-readers.ts';
import { callerLimits, createSocketEndpoint, type SocketEndpoint } from './graphql/websocket.ts';
import type { Answer } from './listen.ts';
import { createMetricsEndpoint } from './metrics/endpoint.ts';
import type { Scrape } from './metrics/scrape.ts';
import type { Log } from './platform/log.ts';

export type Transports = {
  /** What answers a path, whatever the method. */
  answers: ReadonlyMap<string, Answer>;
  upgrade: SocketEndpoint['upgrade'];
  /** Ends the sockets, and waits for that. */
  close(): Promise<void>;
};

/** @param server id and key of the installation, for whoever verifies an export. */
export const createTransports = ({
  parts,
  config,
  audit,
  scrape,
  server,
  slowReaderLimits,
  log,
}: {
  parts: Parts;
  config: Config;
  audit: Audit;
  scrape: Scrape;
  server: { server: string; generation: string; publicKey: string };
  slowReaderLimits: SlowReaderLimits | undefined;
  log: Log;
}): Transports => {
  const slowReaders = createSlowReaders(slowReaderLimits);
  const secure = config.tls !== null || config.behindProxy;
  const cookie = createSessionCookie(secure);
  const origins = createOrigins(config.allowedOrigins, {
    secure,
    origin: config.consoleUrl && new URL(config.consoleUrl).origin,
  });
  const transport = {
    parts,
    present: createPresent({ cookie, origins }),
    authenticate: createAuthenticate(parts, {
      attempts: createAttempts({ most: config.wrongKeysPerMinute }),
      wrongPerMinute: config.wrongKeysPerMinute,
    }),
    read: createReadDocument(schema),
    admit: createAdmit(schema, parts, config),
    origins,
    slowReaders,
    log,
  };
  const sockets = createSocketEndpoint({
    ...transport,
    limits: { ...callerLimits, total: config.sockets, perSource: config.socketsPerAddress },
  });
  const admitTo = createAdmitRequest(transport);
  const oidc =
    config.oidc &&
    createOidcEndpoint({
      ...parts,
      provider: createProvider(config.oidc.client, { clock: parts.clock, log }),
      rules: config.oidc.rules,
      clusterIds: (idOrName) => clusterIdsOf(parts.clusters.list(), idOrName),
      hours: config.sessionHours,
      cookie: createSignInCookie(secure),
      sessionCookie: cookie,
      log,
    });
  const providerName = config.oidc?.name ?? null;
  return {
    answers: new Map<string, Answer>([
      ...(oidc
        ? ([
            ['/session/oidc', oidc.start],
            ['/session/callback', oidc.callback],
            ['/session/oidc/end', oidc.end],
          ] as const)
        : []),
      ['/graphql', createHttp({ ...transport, development: config.development })],
      ['/session', createSessionEndpoint({ ...parts, ...transport, ...origins, cookie, providerName })],
      [
        '/audit/export',
        createExportEndpoint({ ...parts, audit, admit: admitTo('audit:export', 'exportAudit'), server, log }),
      ],
      [
        '/metrics',
        createMetricsEndpoint({
          scrape: config.metrics ? scrape : null,
          admit: admitTo('metrics:read', 'readMetrics'),
          log,
        }),
      ],
    ]),
    upgrade: sockets.upgrade,
    close: () => {
      slowReaders.stop();
      return sockets.close();
    },
  };
};
