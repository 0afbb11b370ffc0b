// A node in the two forms of `docker node inspect`: the engine's JSON, and the page for people.
import type { NodeToldFragment } from './generated/documents.ts';
import { capitalised, inBytes } from './print.ts';

const mapOf = (labels: readonly { key: string; value: string }[]): Record<string, string> =>
  Object.fromEntries(labels.map(({ key, value }) => [key, value]));

/** As GET /nodes/{id} has it, of what Skep knows. */
export const dockerNode = (node: NodeToldFragment): object => ({
  ID: node.id,
  Version: { Index: node.version },
  CreatedAt: node.joinedAt,
  UpdatedAt: node.updatedAt,
  Spec: {
    Labels: mapOf(node.labels),
    Role: node.role.toLowerCase(),
    Availability: node.availability.toLowerCase(),
  },
  Description: {
    Hostname: node.hostname,
    Platform: { Architecture: node.platform.architecture, OS: node.platform.os },
    Resources: {
      NanoCPUs: Math.round(node.resources.cpus * 1e9),
      MemoryBytes: node.resources.memoryBytes,
    },
    Engine: {
      EngineVersion: node.engineVersion,
      ...(node.engineLabels.length > 0 ? { Labels: mapOf(node.engineLabels) } : {}),
      Plugins: node.plugins.map(({ type, name }) => ({ Type: type, Name: name })),
    },
    ...(node.tlsInfo
      ? {
          TLSInfo: {
            TrustRoot: node.tlsInfo.trustRoot,
            CertIssuerSubject: node.tlsInfo.certIssuerSubject,
            CertIssuerPublicKey: node.tlsInfo.certIssuerPublicKey,
          },
        }
      : {}),
  },
  Status: {
    State: node.status.state.toLowerCase(),
    ...(node.status.message ? { Message: node.status.message } : {}),
    Addr: node.status.address,
  },
  ...(node.managerStatus
    ? {
        ManagerStatus: {
          ...(node.managerStatus.leader ? { Leader: true } : {}),
          Reachability: node.managerStatus.reachability.toLowerCase(),
          Addr: node.managerStatus.address,
        },
      }
    : {}),
});

/** Docker's time: `2016-11-26 05:34:11.095 +0000 utc`. */
const inDockersTime = (time: string): string =>
  `${new Date(time).toISOString().replace('T', ' ').replace('Z', '')} +0000 utc`;

const labelLines = (title: string, labels: readonly { key: string; value: string }[]): string[] =>
  labels.length === 0
    ? []
    : [`${title}:`, ...labels.map(({ key, value }) => ` - ${key}${value === '' ? '' : `=${value}`}`)];

const pluginLines = (plugins: NodeToldFragment['plugins']): string[] => {
  const types = [...new Set(plugins.map(({ type }) => type))].sort();
  const of = (type: string): string =>
    plugins
      .filter((plugin) => plugin.type === type)
      .map(({ name }) => name)
      .sort()
      .join(', ');
  return types.length === 0 ? [] : ['Plugins:', ...types.map((type) => ` ${type}:\t\t${of(type)}`)];
};

/** As `docker node inspect --pretty` lays it out. */
export const prettyNode = (node: NodeToldFragment): string =>
  [
    `ID:\t\t\t${node.id}`,
    ...labelLines('Labels', node.labels),
    `Hostname:              \t${node.hostname}`,
    `Joined at:             \t${inDockersTime(node.joinedAt)}`,
    'Status:',
    ` State:\t\t\t${capitalised(node.status.state)}`,
    ...(node.status.message ? [` Message:              \t${node.status.message}`] : []),
    ` Availability:         \t${capitalised(node.availability)}`,
    ...(node.status.address ? [` Address:\t\t${node.status.address}`] : []),
    ...(node.managerStatus
      ? [
          'Manager Status:',
          ` Address:\t\t${node.managerStatus.address}`,
          ` Raft Status:\t\t${capitalised(node.managerStatus.reachability)}`,
          ` Leader:\t\t${node.managerStatus.leader ? 'Yes' : 'No'}`,
        ]
      : []),
    'Platform:',
    ` Operating System:\t${node.platform.os}`,
    ` Architecture:\t\t${node.platform.architecture}`,
    'Resources:',
    ` CPUs:\t\t\t${node.resources.cpus}`,
    ` Memory:\t\t${inBytes(node.resources.memoryBytes).replace(' ', '')}`,
    ...pluginLines(node.plugins),
    `Engine Version:\t\t${node.engineVersion}`,
    ...labelLines('Engine Labels', node.engineLabels),
    ...(node.tlsInfo
      ? [
          'TLS Info:',
          ' TrustRoot:',
          node.tlsInfo.trustRoot,
          ` Issuer Subject:\t${node.tlsInfo.certIssuerSubject}`,
          ` Issuer Public Key:\t${node.tlsInfo.certIssuerPublicKey}`,
        ]
      : []),
  ].join('\n');
