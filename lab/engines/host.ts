// One host of the lab: a real Docker Engine in a sandbox, and what can happen to such a machine.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { importBusybox } from './busybox-image.ts';
import { callEngine } from './engine-http.ts';
import { type HostPlace, makeHostFolders } from './host-folders.ts';
import { type LabSwitch, plugIn, setCable, unplug } from './lab-network.ts';
import { addNetns, deleteNetns, netnsPath } from './net-namespaces.ts';
import type { EngineVersion } from './packages.ts';
import { bootSandbox, runInSandbox } from './sandbox.ts';

/** A real Docker Engine on a machine of its own. Every act resolves when it has taken effect. */
export interface LabHost {
  readonly index: number;
  readonly hostname: string;
  /** The host's only address, in the lab's /24. */
  readonly address: string;
  /** The Engine API's socket, for every process of this machine that may read it. */
  readonly socketPath: string;
  /** The host's network namespace, for `nsenter --net=<netns>`. */
  readonly netns: string;
  readonly version: EngineVersion;
  /** Where the engine writes its log. */
  readonly logPath: string;
  /** Kills the engine (SIGKILL); its containerd and containers live on, as on a real host. */
  kill9(): Promise<void>;
  /** Starts the engine, and the host when it is off; resolves when the engine answers. Does nothing when it runs. */
  start(): Promise<void>;
  /** Ends the engine with SIGTERM and waits for its end. */
  stop(): Promise<void>;
  /** Freezes the engine (SIGSTOP): its socket accepts and never answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Pulls the power cord: every process in the host's network dies at once, an agent's too. The disk stays. */
  powerOff(): Promise<void>;
  /** Pulls the network cable; the local socket goes on working. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  /** Runs a program inside the sandbox and gives back its standard output; rejects when it fails. */
  exec(command: readonly string[]): Promise<string>;
  /** Waits until the engine answers; rejects, with the end of its log, when it has ended or after `timeoutMs` (default 60,000). */
  ready(timeoutMs?: number): Promise<void>;
  /** Brings the image bb:1 (static busybox) into the engine. */
  importImage(): Promise<void>;
  /** Removes the host and its data. */
  down(): Promise<void>;
}

/** What a host is made of; `createLab` fills it in. */
export interface LabHostOptions extends HostPlace {
  index: number;
  version: EngineVersion;
  /** The engine root, see `prepareEngine`. */
  root: string;
  netnsName: string;
  lab: LabSwitch;
  /** Flags of dockerd, besides those that say where things are inside a sandbox. */
  dockerdFlags: readonly string[];
  /** Gives the archive of bb:1. */
  imageArchive: () => Promise<string>;
}

const placeFlags = [
  '--data-root=/var/lib/docker',
  '--exec-root=/run/docker',
  '--pidfile=/run/docker.pid',
  '--host=unix:///run/skep/docker.sock',
  '--exec-opt=native.cgroupdriver=cgroupfs',
];

// The engine is started by a shell inside: a child of an outside process would, as an orphan, go to the machine's own
// pid 1, and where that one does not reap, the zombie keeps the pid namespace from ever ending.
const startEngine = `
pid=$(cat /run/docker.pid 2> /dev/null || true)
[ "$(cat "/proc/$pid/comm" 2> /dev/null)" != dockerd ] || exit 0
rm -f /run/docker.pid /run/skep/ended /run/skep/docker.sock
setsid sh -c 'dockerd "$@" < /dev/null >> /var/log/dockerd.log 2>&1; echo $? > /run/skep/ended' dockerd "$@" > /dev/null 2>&1 &
`;

// A frozen engine takes SIGTERM only once it is thawed. The pid file must go: its pid may be another process by then. How
// it ended is written by the shell around it a moment later: on a busy machine after a new one has been started.
const endEngine = `
pid=$(cat /run/docker.pid) || exit 0
kill -s "$1" "$pid"; kill -s CONT "$pid" 2> /dev/null
while [ -d "/proc/$pid" ] || ! [ -s /run/skep/ended ]; do sleep 0.05; done
rm -f /run/docker.pid
`;

/** A stop is over when each thread has stopped: until then one of them still answers. */
const signalEngine = `pid=$(cat /run/docker.pid)
kill -s "$1" "$pid"
if [ "$1" = STOP ]; then
  while grep -L 'State:.T' /proc/$pid/task/*/status 2> /dev/null | grep -q .; do sleep 0.01; done
fi`;

/** Makes a host that is off: `start()` boots it. */
export function createLabHost(options: LabHostOptions): LabHost {
  const { index, hostname, address, version, folder, socketFolder, netnsName, lab } = options;
  const socketPath = join(socketFolder, 'docker.sock');
  const logPath = join(folder, 'log/dockerd.log');
  let bootedPid: number | null = null;
  let hasNetns = false;

  async function boot(): Promise<number> {
    await makeHostFolders(options);
    await addNetns(netnsName);
    hasNetns = true;
    await plugIn(lab, { index, netnsName, address });
    return bootSandbox(options);
  }

  function exec(command: readonly string[]): Promise<string> {
    if (bootedPid === null) return Promise.reject(new Error(`Host ${hostname} is off: start() it first`));
    return runInSandbox(bootedPid, command);
  }

  const signal = async (name: 'STOP' | 'CONT') => {
    await exec(['sh', '-c', signalEngine, 'signal-engine', name]);
  };
  const end = async (name: 'TERM' | 'KILL') => {
    await exec(['sh', '-c', endEngine, 'end-engine', name]);
  };

  async function ready(timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const answer = await callEngine(socketPath, { path: '/_ping', timeoutMs: 2_000 }).catch(() => null);
      if (answer?.status === 200) return;
      const ended = await readFile(join(socketFolder, 'ended'), 'utf8').catch(() => null);
      if (ended !== null || Date.now() > deadline) {
        const what =
          ended === null ? `does not answer after ${timeoutMs} ms` : `has ended with code ${ended.trim()}`;
        throw new Error(`The engine of ${hostname} ${what}; the end of its log:\n${await endOfLog(logPath)}`);
      }
      await delay(50);
    }
  }

  async function powerOff(): Promise<void> {
    bootedPid = null;
    // One of that name which addNetns refused is somebody else's.
    if (hasNetns) await deleteNetns(netnsName);
    hasNetns = false;
  }

  return {
    index,
    hostname,
    address,
    socketPath,
    netns: netnsPath(netnsName),
    version,
    logPath,
    exec,
    ready,
    powerOff,
    kill9: () => end('KILL'),
    async start() {
      bootedPid ??= await boot();
      await exec(['sh', '-c', startEngine, 'start-engine', ...placeFlags, ...options.dockerdFlags]);
      await ready();
    },
    stop: () => end('TERM'),
    pause: () => signal('STOP'),
    resume: () => signal('CONT'),
    cut: () => setCable(lab, index, 'down'),
    heal: () => setCable(lab, index, 'up'),
    importImage: async () => importBusybox(socketPath, await options.imageArchive()),
    async down() {
      await powerOff();
      await unplug(lab, index);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      await rm(socketFolder, { recursive: true, force: true });
    },
  };
}

async function endOfLog(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-5).join('\n');
}
