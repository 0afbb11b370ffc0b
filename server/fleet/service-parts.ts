// The parts of a service, declared and as Docker shows them, in one form in which they can be compared.
import type { ServiceFile, ServiceParts, ServicePolicy } from '../hosts/service-parts.ts';
import type { Network } from '../networks/network.ts';
import type { Service } from '../services/swarm-service.ts';

type Label = { key: string; value: string };

/** As the managers keep seconds and CPUs: whole nanoseconds, or billionths of one. */
const nano = (value: number): number => Math.round(value * 1e9) / 1e9;

/**
 * The whole name: `nginx` and `docker.io/library/nginx:latest` are one. The docker CLI pins what a service is made of, so a
 * digest counts only where one is declared.
 */
export const plainImage = (image: string, withDigest: boolean): string => {
  const [reference = '', digest] = image.split('@', 2);
  const bare = reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  const isTagged = /:[^/]+$/.test(bare);
  if (withDigest && digest !== undefined) return `${bare.replace(/:[^/:]+$/, '')}@${digest}`;
  return isTagged ? bare : `${bare}:latest`;
};

export const plainConstraint = (text: string): string => text.trim().replace(/\s*(==|!=)\s*/, ' $1 ');
const plainCapability = (name: string): string => name.replace(/^CAP_/, '');

const labelsOf = (labels: readonly Label[]): Record<string, string> =>
  Object.fromEntries(
    [...labels].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ key, value }) => [key, value]),
  );
const setOf = (list: readonly string[]): string[] => [...new Set(list)].sort();
/** Where order says nothing. */
const byText = <T>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** What Docker does where a policy says nothing of it: swarmkit api/defaults/service.go. */
const usualPolicy: { [part in keyof ServicePolicy]: NonNullable<ServicePolicy[part]> } = {
  parallelism: 1,
  delaySeconds: 0,
  failureAction: 'pause',
  monitorSeconds: 5,
  maxFailureRatio: 0,
  order: 'stop-first',
};
const usualRestart = { condition: 'any', delaySeconds: 5, maxAttempts: 0, windowSeconds: 0 };
const noResources = { cpuLimit: 0, memoryLimitBytes: 0, cpuReservation: 0, memoryReservationBytes: 0 };

export type Compared = { path: string; declared: unknown; actual: unknown };

/** Each value of an object that is declared, beside the one that is there or is usual. */
const within = (
  path: string,
  wanted: Readonly<Record<string, string | number | null>> | null,
  actual: Readonly<Record<string, string | number | null>> | null,
  usual: Readonly<Record<string, string | number>>,
): Compared[] =>
  Object.entries(wanted ?? {}).flatMap(([part, value]) =>
    value === null
      ? []
      : [
          {
            path: `${path}.${part}`,
            declared: typeof value === 'number' ? nano(value) : value,
            actual: actual?.[part] ?? usual[part] ?? null,
          },
        ],
  );

/** Those that say more come first: one that says little would take what only another fits. */
const mostSaid = <T extends object>(list: readonly T[]): T[] => {
  const said = (one: T): number => Object.values(one).filter((value) => value !== null).length;
  return [...list].sort((a, b) => said(b) - said(a));
};

type File = Service['secrets'][number];
const isFile = ({ ref, ...wanted }: ServiceFile, file: File): boolean =>
  (ref === file.id || ref === file.name) &&
  (wanted.fileName === null || wanted.fileName === file.fileName) &&
  (wanted.uid === null || wanted.uid === file.uid) &&
  (wanted.gid === null || wanted.gid === file.gid) &&
  (wanted.fileMode === null || wanted.fileMode === file.mode);

/** Those that are there in the words of those that are declared: what is not said of one is left alone. */
const filesAs = (wanted: readonly ServiceFile[], files: readonly File[]): unknown[] => {
  const left = mostSaid(wanted);
  return files.map((file) => {
    const at = left.findIndex((each) => isFile(each, file));
    if (at >= 0) return left.splice(at, 1)[0];
    const { name, fileName, uid, gid, mode } = file;
    return { ref: name, fileName, uid, gid, fileMode: mode };
  });
};

const portsAs = (wanted: NonNullable<ServiceParts['ports']>, ports: Service['ports']): unknown[] => {
  const left = mostSaid(wanted);
  return ports.map(({ target, published, protocol, mode }) => {
    const at = left.findIndex(
      (each) =>
        each.targetPort === target &&
        each.protocol === protocol &&
        each.publishMode === mode &&
        (each.publishedPort === null || each.publishedPort === published),
    );
    if (at >= 0) return left.splice(at, 1)[0];
    return { targetPort: target, publishedPort: published, protocol, publishMode: mode };
  });
};

const mountsOf = (mounts: Service['mounts']): unknown[] =>
  mounts.map(({ type, source, target, readOnly }) => ({ kind: type, source, path: target, readOnly }));
const plainMounts = (mounts: NonNullable<ServiceParts['mounts']>): unknown[] =>
  mounts.map(({ kind, source, path, readOnly }) => ({ kind, source, path, readOnly }));

/** Names, where they are known: a service may name a network by its id. */
const networkNames = (refs: readonly string[], networks: readonly Network[]): string[] =>
  setOf(refs.map((ref) => networks.find(({ id }) => id === ref)?.name ?? ref));

/** What is declared, part by part, beside what is there in the same form. */
export const comparedParts = (
  wanted: ServiceParts,
  service: Service,
  networks: readonly Network[],
): Compared[] => {
  const of = <Part extends keyof ServiceParts>(
    path: Part,
    both: (declared: NonNullable<ServiceParts[Part]>) => [declared: unknown, actual: unknown],
  ): Compared[] => {
    const value = wanted[path];
    if (value === null) return [];
    const [declared, actual] = both(value);
    return [{ path, declared, actual }];
  };
  return [
    ...of('image', (image) => {
      const isPinned = image.includes('@');
      return [plainImage(image, isPinned), plainImage(service.image ?? '', isPinned)];
    }),
    ...of('command', (list) => [list, service.command]),
    ...of('args', (list) => [list, service.args]),
    ...of('user', (user) => [user, service.user]),
    ...of('workingDirectory', (path) => [path, service.workingDirectory]),
    ...of('stopGraceSeconds', (seconds) => [nano(seconds), service.stopGraceSeconds ?? 10]),
    ...of('labels', (labels) => [labelsOf(labels), labelsOf(service.labels)]),
    ...of('containerLabels', (labels) => [labelsOf(labels), labelsOf(service.containerLabels)]),
    ...of('mounts', (mounts) => [byText(plainMounts(mounts)), byText(mountsOf(service.mounts))]),
    ...of('secrets', (files) => [byText(files), byText(filesAs(files, service.secrets))]),
    ...of('configs', (files) => [byText(files), byText(filesAs(files, service.configs))]),
    ...of('capabilitiesAdd', (names) => [
      setOf(names.map(plainCapability)),
      setOf(service.capabilitiesAdd.map(plainCapability)),
    ]),
    ...of('constraints', (list) => [
      setOf(list.map(plainConstraint)),
      setOf(service.constraints.map(plainConstraint)),
    ]),
    ...of('preferences', (list) => [list, service.preferences]),
    ...of('maxReplicasPerNode', (most) => [most, service.maxReplicasPerNode ?? 0]),
    ...of('replicas', (count) => [count, service.mode === 'REPLICATED' ? service.replicas : null]),
    ...within('resources', wanted.resources, service.resources, noResources),
    ...within('restartPolicy', wanted.restartPolicy, service.restartPolicy, usualRestart),
    ...within('updateConfig', wanted.updateConfig, service.updateConfig, usualPolicy),
    ...within('rollbackConfig', wanted.rollbackConfig, service.rollbackConfig, usualPolicy),
    ...of('networks', (refs) => [networkNames(refs, networks), networkNames(service.networks, networks)]),
    ...of('endpointMode', (mode) => [mode, service.endpointMode]),
    ...of('ports', (ports) => [byText(ports), byText(portsAs(ports, service.ports))]),
  ];
};
