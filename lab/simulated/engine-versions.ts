// What differs between the engine versions that the simulation can play.

/** The versions on offer. */
export type EngineVersion = '20.10' | '26.1' | '28.5';

/** How one engine version answers where the versions differ; each point was measured. */
export type EngineProfile = {
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly goVersion: string;
  /** `client version … is too old` comes as plain text. */
  readonly tooOldIsPlain: boolean;
  /** GET /_ping tells the swarm state in a header. */
  readonly swarmHeader: boolean;
  /** The body reader of 23.0 and later: empty is `{}`, other words for bad JSON, nothing may follow. */
  readonly strictBody: boolean;
  /** Go field that labels of the wrong type are reported at, and whether the key of the label is told. */
  readonly labelsField: string;
  readonly namesLabelKey: boolean;
  readonly logPlugins: readonly string[];
};

const LOG_PLUGINS = [
  'awslogs',
  'fluentd',
  'gcplogs',
  'gelf',
  'journald',
  'json-file',
  'local',
  'splunk',
  'syslog',
];

const PROFILES = {
  '20.10': {
    version: '20.10.24',
    apiVersion: '1.41',
    minApiVersion: '1.12',
    goVersion: 'go1.19.8',
    tooOldIsPlain: true,
    swarmHeader: false,
    strictBody: false,
    labelsField: 'NodeSpec.Labels',
    namesLabelKey: false,
    logPlugins: [...LOG_PLUGINS, 'logentries'].sort(),
  },
  '26.1': {
    version: '26.1.5',
    apiVersion: '1.45',
    minApiVersion: '1.24',
    goVersion: 'go1.22.2',
    tooOldIsPlain: false,
    swarmHeader: true,
    strictBody: true,
    labelsField: 'NodeSpec.Annotations.Labels',
    namesLabelKey: false,
    logPlugins: LOG_PLUGINS,
  },
  '28.5': {
    version: '28.5.2',
    apiVersion: '1.51',
    minApiVersion: '1.24',
    goVersion: 'go1.24.4',
    tooOldIsPlain: true,
    swarmHeader: true,
    strictBody: true,
    labelsField: 'NodeSpec.Labels',
    namesLabelKey: true,
    logPlugins: LOG_PLUGINS.filter((name) => name !== 'gcplogs'),
  },
} satisfies Record<EngineVersion, EngineProfile>;

/** The profile of a version. */
export const engineProfile = (version: EngineVersion): EngineProfile => PROFILES[version];

/** True for text that names a version on offer. */
export const isEngineVersion = (text: string): text is EngineVersion => Object.hasOwn(PROFILES, text);
