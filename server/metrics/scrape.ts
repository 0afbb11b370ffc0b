// The text of a scrape, by prom-client: one family a turn of the event loop, so that nobody waits for the whole.
import { setImmediate } from 'node:timers/promises';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  type Metric,
  Registry,
  type RegistryContentType,
} from 'prom-client';
import type { HistogramFamily, Sample, Source } from './family.ts';

export type Format = 'text' | 'openmetrics';

/** @param scope the clusters that are told of; null: all, and what belongs to no cluster. */
export type Scrape = (
  scope: readonly string[] | null,
  format: Format,
) => Promise<{ contentType: string; text: string }>;

const contentTypes = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const;

/** All of a registry, which may belong to others as well. */
const metricsOf = (register: Registry): readonly Metric[] =>
  register.getMetricsAsArray().flatMap(({ name }) => register.getSingleMetric(name) ?? []);

/**
 * Measures of the process itself, from the first scrape on: who is not scraped does not pay for the watching. Once for
 * each format, for in OpenMetrics prom-client gives counters another name, for good.
 */
const createProcessMetrics = (): ((format: Format) => readonly Metric[]) => {
  const made = new Map<Format, readonly Metric[]>();
  return (format) => {
    const known = made.get(format);
    if (known) return known;
    const register = new Registry();
    // Watched as closely as by default, an idle server would do little else.
    collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 });
    const metrics = metricsOf(register);
    made.set(format, metrics);
    return metrics;
  };
};

/** @param histograms of what belongs to no cluster. */
export const createScrape = (sources: readonly Source[], histograms: readonly HistogramFamily[]): Scrape => {
  const processMetrics = createProcessMetrics();
  return async (scope, format) => {
    const register = new Registry<RegistryContentType>();
    const contentType = contentTypes[format];
    register.setContentType(contentType);
    const isTold = ({ labels: { cluster = '' } }: Sample): boolean =>
      scope === null || scope.includes(cluster);
    let turn: Promise<unknown> = Promise.resolve();
    for (const { name, help, labels, type, samples } of sources) {
      if (scope !== null && !labels.includes('cluster')) continue;
      const asked = { name, help, labelNames: labels, registers: [] };
      const metric: Gauge | Counter = type === 'gauge' ? new Gauge(asked) : new Counter(asked);
      const empty = metric.get.bind(metric);
      // Told as they are: to be set one by one they would be looked at one by one, which costs more than all the rest.
      const get = async () => {
        const before = turn;
        turn = before.then(() => setImmediate());
        await before;
        return { ...(await empty()), values: [...samples()].filter(isTold) };
      };
      register.registerMetric(Object.assign(metric, { get }));
    }
    if (scope === null)
      for (const metric of [...histograms.map(({ metric: kept }) => kept), ...processMetrics(format)])
        register.registerMetric(metric);
    return { contentType, text: await register.metrics() };
  };
};
