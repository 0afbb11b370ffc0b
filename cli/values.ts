// Values as people type them, in the words of Docker's command line.
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { misuse } from './complaint.ts';

const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * A duration in Go's form (`10m`, `1h30m`, `2160h0m0s`), with `d` for days, or a bare number of seconds.
 *
 * @returns seconds
 * @throws Complaint BAD_USAGE
 */
export const parseDuration = (text: string): number => {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text))
    throw misuse(`${text} is no duration`, 'write it as 90s, 10m, 1h30m or 7d');
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? 's'] ?? 1),
    0,
  );
};

/** A time of day as ISO 8601, or how long ago it is (`2h`). @returns ISO 8601 */
export const parseTime = (text: string): string => {
  if (/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text))
    return new Date(Date.now() - parseDuration(text) * 1_000).toISOString();
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw misuse(
      `${text} is no time`,
      'write it as 2026-11-30, 2026-11-30T08:00:00Z, or 2h for two hours ago',
    );
  return time.toISOString();
};

export const parseCount = (text: string): number => {
  if (!/^-?\d+$/.test(text)) throw misuse(`${text} is no whole number`);
  return Number(text);
};

export const parseCountFromOne = (text: string): number => {
  const count = parseCount(text);
  if (count < 1) throw misuse(`${text} is none: it begins at 1`);
  return count;
};

/** Of CPUs and shares: `0.5`. */
export const parseNumber = (text: string): number => {
  if (!/^\d+(\.\d+)?$|^\.\d+$/.test(text)) throw misuse(`${text} is no number`, 'write it as 2 or 0.5');
  return Number(text);
};

/** `64m`, `1.5g`, a bare number of bytes. @returns bytes */
export const parseBytes = (text: string): number => {
  const [, amount, unit = 'b'] = /^(\d+(?:\.\d+)?)([bkmg])?b?$/i.exec(text) ?? [];
  if (amount === undefined) throw misuse(`${text} is no amount of memory`, 'write it as 64m or 1g');
  return Math.round(Number(amount) * 1_024 ** 'bkmg'.indexOf(unit.toLowerCase()));
};

/** `key` or `key=value`. */
export const parseLabel = (text: string): { key: string; value: string } => {
  const at = text.indexOf('=');
  return at < 0 ? { key: text, value: '' } : { key: text.slice(0, at), value: text.slice(at + 1) };
};

/** One of the words, in capitals; case does not count. */
export const parseWord =
  <Word extends string>(...words: readonly Word[]) =>
  (text: string): Word => {
    const found = words.find((word) => word === text.toUpperCase().replaceAll('-', '_'));
    if (found === undefined)
      throw misuse(
        `${text} is none of ${words.map((word) => word.toLowerCase().replaceAll('_', '-')).join(', ')}`,
      );
    return found;
  };

/** For options that may be given more than once. */
export const collect =
  <Value>(parse: (text: string) => Value) =>
  (text: string, earlier: Value[] | undefined): Value[] => [...(earlier ?? []), parse(text)];

export const asText = (text: string): string => text;

/**
 * A secret of a file, or of standard input (`-`): it is never an argument, which all users of a machine can see.
 *
 * @throws Complaint BAD_USAGE when there is none
 */
export const readSecret = (path: string): Buffer => {
  // Not `process.stdin`: once that is opened, a pipe whose writer is slow is read as EAGAIN.
  if (path === '-' && isatty(0))
    throw misuse('a secret is not typed into a terminal', 'give a file, or pipe it: skep … - < file');
  return readWhole(path);
};

const readWhole = (path: string): Buffer => {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw misuse(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
};

/** A text that is no secret: it may be typed. @throws Complaint BAD_USAGE when there is none */
export const readDocument = (path: string): string => readWhole(path).toString('utf8');

/** A secret as one line of text, such as a key. */
export const readKey = (path: string, what = 'key'): string => {
  const key = readSecret(path).toString('utf8').trim();
  if (key === '') throw misuse(`there is no ${what} in ${path === '-' ? 'standard input' : path}`);
  if (/\s/.test(key)) throw misuse(`${path === '-' ? 'standard input' : path} holds more than one ${what}`);
  return key;
};
