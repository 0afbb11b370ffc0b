// GET /metrics: the numbers for Prometheus, for a key that holds metrics:read. https://prometheus.io/docs/instrumenting/exposition_formats/
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerFailure } from '../platform/answer-failure.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { Scrape } from './scrape.ts';

/** Who may scrape, and what of it. @throws Failure UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED */
export type AdmitScrape = (request: IncomingMessage) => Promise<{ scope: readonly string[] | null }>;

/** At a time: each goes through all nodes. */
const mostScrapes = 4;

/** @param scrape null: there are no metrics here. */
export const createMetricsEndpoint = ({
  scrape,
  admit,
  log,
}: {
  scrape: Scrape | null;
  admit: AdmitScrape;
  log: Log;
}): ((request: IncomingMessage, response: ServerResponse) => void) => {
  let running = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET', 'cache-control': 'no-store' }).end();
      return;
    }
    if (scrape === null) {
      response.writeHead(404, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
      response.end('metrics are off: SKEP_METRICS\n');
      return;
    }
    const { scope } = await admit(request);
    if (running >= mostScrapes)
      throw new Failure('RATE_LIMITED', `${mostScrapes} scrapes are running`, 'scrape less often', {
        retryAfterSeconds: 1,
      });
    running += 1;
    try {
      const isOpenMetrics = /\bapplication\/openmetrics-text\b/.test(request.headers.accept ?? '');
      const { contentType, text } = await scrape(scope, isOpenMetrics ? 'openmetrics' : 'text');
      response
        .writeHead(200, {
          'content-type': contentType,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        })
        .end(text);
    } finally {
      running -= 1;
    }
  };
  return (request, response) =>
    void answer(request, response).catch((error: unknown) => answerFailure(response, error, 'a scrape', log));
};
