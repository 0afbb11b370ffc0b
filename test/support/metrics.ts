// What /metrics says, read as Prometheus reads it.

/** A sample, by its name and labels. */
export type Sample = { name: string; labels: Record<string, string>; value: number };
export type Scraped = {
  status: number;
  contentType: string | null;
  text: string;
  /** By family, as `# TYPE` says. */
  types: ReadonlyMap<string, string>;
  samples: readonly Sample[];
  /** Samples of a name with these labels, among others. */
  of(name: string, labels?: Record<string, string>): readonly Sample[];
  /** The value of the one sample that there is. @throws Error when there is another number of them. */
  value(name: string, labels?: Record<string, string>): number;
};

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

const sampleOf = (line: string): Sample => {
  const [, name, labels = '', value] = sampleLine.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  return {
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(label)].map(([, key = '', text = '']) => [key, text.replace(/\\(.)/g, '$1')]),
    ),
    value: Number(value),
  };
};

/** @param url of GraphQL. @param key null: none is presented. */
export const scrape = async (
  url: string,
  key: string | null,
  headers: Record<string, string> = {},
): Promise<Scraped> => {
  const response = await fetch(url.replace(/graphql$/, 'metrics'), {
    headers: { ...headers, ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
  });
  const text = await response.text();
  const lines = response.status === 200 ? text.split('\n').filter(Boolean) : [];
  const types = new Map(
    lines.flatMap((line) => {
      const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      return name === '' ? [] : [[name, type] as const];
    }),
  );
  const samples = lines.filter((line) => !line.startsWith('#')).map(sampleOf);
  const of: Scraped['of'] = (name, labels = {}) =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    text,
    types,
    samples,
    of,
    value: (name, labels) => {
      const [first, ...others] = of(name, labels);
      if (first === undefined || others.length > 0)
        throw new Error(`${name} ${JSON.stringify(labels)}: ${others.length + (first ? 1 : 0)} samples`);
      return first.value;
    },
  };
};
