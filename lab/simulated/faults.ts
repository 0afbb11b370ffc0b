// Faults that a test puts on one engine: by call, so often, before or after the call takes effect.

/** What happens to matching calls. */
export type FaultRule = {
  /** Method and path without version; a star stands for one path segment, as in `DELETE /nodes/*`. */
  readonly match: string;
  /** `delay` answers late, `hang` never, `die` breaks the connection, `bad-json` cuts the answer, `status` refuses. */
  readonly kind: 'delay' | 'hang' | 'die' | 'bad-json' | 'status';
  /** How many calls it hits; default: all until `clearFaults`. */
  readonly times?: number;
  /** `after`: the call takes effect first, only its answer is lost or late. Default `before`. */
  readonly when?: 'before' | 'after';
  /** For `delay`, in real milliseconds. */
  readonly delayMs?: number;
  /** For `status`; default 500. */
  readonly status?: number;
  /** For `status`; default `simulated fault`. */
  readonly message?: string;
};

/** The faults of one engine. */
export type Faults = {
  add(rule: FaultRule): void;
  clear(): void;
  /** How many calls that are still to come the rules with `times` will hit. */
  left(): number;
  /** The rule that hits this call; counts it. */
  take(method: string, path: string): FaultRule | undefined;
};

const fits = (match: string, call: string): boolean => {
  const pattern = match.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[^/]+')}$`).test(call);
};

/** Starts without faults. */
export const createFaults = (): Faults => {
  let rules: { rule: FaultRule; left: number }[] = [];
  return {
    add: (rule) => {
      rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY });
    },
    clear: () => {
      rules = [];
    },
    left: () => rules.reduce((sum, { rule, left }) => sum + (rule.times === undefined ? 0 : left), 0),
    take: (method, path) => {
      const hit = rules.find(({ rule, left }) => left > 0 && fits(rule.match, `${method} ${path}`));
      if (!hit) return undefined;
      hit.left -= 1;
      return hit.rule;
    },
  };
};
