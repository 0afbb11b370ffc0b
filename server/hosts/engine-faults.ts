// Serious faults of old engines that a swarm suffers from, by version. Only what has a source.

type Version = readonly [number, number, number];

type Fault = {
  /** What goes wrong. */
  message: string;
  /** From the first version that has it to the first that has not. */
  ranges: readonly (readonly [Version, Version])[];
  source: string;
};

/** Each with where it is told. */
export const engineFaults = {
  JOIN_ADDRESS: {
    message:
      'promoted, it enters the raft group through the manager that it once joined by and no other; mended in 25.0.6, 26.1.4 and 27.0',
    ranges: [
      [
        [0, 0, 0],
        [25, 0, 6],
      ],
      [
        [26, 0, 0],
        [26, 1, 4],
      ],
    ],
    source: 'https://github.com/moby/moby/pull/47854',
  },
  ENCRYPTED_OVERLAY: {
    message:
      'encrypted overlay networks may send and take what is not encrypted (CVE-2023-28840, 28841, 28842); mended in 20.10.24 and 23.0.3',
    ranges: [
      [
        [0, 0, 0],
        [20, 10, 24],
      ],
      [
        [23, 0, 0],
        [23, 0, 3],
      ],
    ],
    source: 'https://github.com/moby/moby/security/advisories/GHSA-vwm3-crmr-xfxw',
  },
} as const satisfies Record<string, Fault>;

/** Swarm mode came with 1.12: https://docs.docker.com/engine/swarm/ */
const firstWithSwarm: Version = [1, 12, 0];

const versionOf = (text: string): Version | null => {
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return major === undefined ? null : [Number(major), Number(minor), Number(patch ?? 0)];
};

const isBefore = (a: Version, b: Version): boolean =>
  a[0] !== b[0] ? a[0] < b[0] : a[1] !== b[1] ? a[1] < b[1] : a[2] < b[2];

/** A version that cannot be read is taken for a newer one. */
export const hasFault = (engineVersion: string, fault: keyof typeof engineFaults): boolean => {
  const version = versionOf(engineVersion);
  return (
    version !== null &&
    engineFaults[fault].ranges.some(([from, to]) => !isBefore(version, from) && isBefore(version, to))
  );
};

/** Older than swarm mode itself. */
export const isWithoutSwarm = (engineVersion: string): boolean => {
  const version = versionOf(engineVersion);
  return version !== null && isBefore(version, firstWithSwarm);
};
