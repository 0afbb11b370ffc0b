// Where the time of a request went, for those who trace: what parts of the server are given, which know no exporter.

/** Never what a caller wrote: ids, kinds, codes, counts. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export type Span = {
  set(attributes: Attributes): void;
  /** It did not succeed. @param code a stable one, never a sentence. */
  fail(code: string): void;
};

/** Does the work within a span: below the one that it is called in, or as the beginning of a trace. */
export type Trace = <T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>) => Promise<T>;

const noSpan: Span = { set: () => undefined, fail: () => undefined };

/** Nobody traces. */
export const noTrace: Trace = (_, __, work) => work(noSpan);

/** Of a request. https://www.w3.org/TR/trace-context/ */
export type TraceHeaders = Readonly<Partial<Record<string, string | string[]>>>;

/** A caller's request: it begins before it is known what is asked for, and is named by that. */
export type RequestTrace = {
  /** @param headers of the request; the trace goes on that they name. */
  during<T>(headers: TraceHeaders, work: () => Promise<T>): Promise<T>;
  /**
   * What the request within which it is called asks for, now that it is let in; one that never is is no span. Nor is a
   * subscription, which may last for days.
   */
  asks(kind: string, field: string, requestId: string): void;
};
