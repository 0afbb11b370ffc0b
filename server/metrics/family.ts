// What a metric is here: a family with its samples. https://prometheus.io/docs/practices/naming/
import { Histogram } from 'prom-client';

/** Of each label of the family, a value; also where there is none: "". */
export type Labels = Readonly<Record<string, string>>;
export type Sample = { labels: Labels; value: number };

export type Family = {
  name: string;
  /** A sentence with the unit, for whoever reads it in a list. */
  help: string;
  /**
   * Values of a label are bounded: by code, or by what people made (clusters, nodes, hosts). With `cluster` among them a
   * key that is held for some clusters is told the samples of those; without, it is told none of the family.
   */
  labels: readonly string[];
};

/** Gauges: told as things are at the scrape. Counters: since the server started. */
export type Source = Family & { type: 'gauge' | 'counter'; samples(): Iterable<Sample> };

/** A gauge of what `things` yields at the scrape; null: it has no value, and no sample. */
export const gauge = <Thing>(
  family: Family,
  things: () => Iterable<Thing>,
  sampleOf: (thing: Thing) => Sample | readonly Sample[] | null,
): Source => ({
  ...family,
  type: 'gauge',
  *samples() {
    for (const thing of things()) {
      const found = sampleOf(thing);
      if (found === null) continue;
      if ('value' in found) yield found;
      else yield* found;
    }
  },
});

export type Counter = Source & {
  count(labels: Labels, by?: number): void;
  /** Samples of things that are no more, so that the family stays as small as what there is. */
  forget(isGone: (labels: Labels) => boolean): void;
};

/** Kept beside prom-client: a count is one look into a map, also where a request is answered in microseconds. */
export const counter = (family: Family): Counter => {
  const counts = new Map<string, { labels: Labels; value: number }>();
  return {
    ...family,
    type: 'counter',
    count: (labels, by = 1) => {
      const key = family.labels.map((name) => labels[name]).join('\n');
      const known = counts.get(key);
      if (known) known.value += by;
      else counts.set(key, { labels, value: by });
    },
    forget: (isGone) => {
      for (const [key, { labels }] of counts) if (isGone(labels)) counts.delete(key);
    },
    samples: () => counts.values(),
  };
};

export type HistogramFamily = Family & {
  type: 'histogram';
  metric: Histogram;
  observe(labels: Labels, seconds: number): void;
};

/** @param buckets upper ends, in seconds. */
export const histogram = (family: Family, buckets: number[]): HistogramFamily => {
  const { name, help, labels } = family;
  const metric = new Histogram({ name, help, labelNames: labels, buckets, registers: [] });
  return { ...family, type: 'histogram', metric, observe: (of, seconds) => metric.observe(of, seconds) };
};

/** 1 or 0. */
export const flag = (value: boolean): number => (value ? 1 : 0);
/** Seconds since 1970, as Prometheus tells moments. */
export const secondsOf = (at: Date): number => at.getTime() / 1_000;
