// The connected agents: one link a host, and the commands that wait to go over it.
import { EventEmitter } from 'node:events';
import { createBell } from '../platform/bell.ts';
import type { ServiceCommand } from './service-parts.ts';

/** A port of a host that a preflight asks about. */
export type ProbePoint = { address: string; port: number; protocol: 'tcp' | 'udp' };

/** A command as agent.graphql has it. `secret` parts of the body are never stored. */
export type CommandBody =
  | ServiceCommand
  | { __typename: 'AnswerProbes'; nonce: string; points: readonly ProbePoint[]; seconds: number }
  | {
      __typename: 'InitSwarm';
      advertiseAddr: string;
      listenAddr: string;
      dataPathAddr: string | null;
      dataPathPort: number | null;
      defaultAddrPool: readonly string[] | null;
      subnetSize: number | null;
      autolock: boolean;
    }
  | {
      __typename: 'JoinSwarm';
      token: string;
      remoteAddrs: readonly string[];
      advertiseAddr: string | null;
      listenAddr: string;
      dataPathAddr: string | null;
      availability: string;
      cluster: string;
    }
  | {
      __typename: 'CreateConfig';
      name: string;
      /** In base64. */
      value: string;
      labels: readonly { key: string; value: string }[];
    }
  | {
      __typename: 'CreateSecret';
      name: string;
      /** In base64. */
      value: string;
      labels: readonly { key: string; value: string }[];
    }
  | {
      __typename: 'CreateNetwork';
      name: string;
      attachable: boolean;
      encrypted: boolean;
      internal: boolean;
      ipv6: boolean;
      subnets: readonly { subnet: string; gateway: string | null; ipRange: string | null }[];
      labels: readonly { key: string; value: string }[];
    }
  | { __typename: 'LeaveSwarm'; nodeId: string; force: boolean }
  | { __typename: 'ReadCluster'; fresh: true }
  | { __typename: 'ReadContainers'; fresh: true }
  | { __typename: 'ReadJoinToken'; role: 'worker' | 'manager' }
  | { __typename: 'ReadUnlockKey'; fresh: true }
  | { __typename: 'ReadConfigs'; fresh: true }
  | { __typename: 'ReadSecrets'; fresh: true }
  | { __typename: 'ReadNetworks'; fresh: true }
  | { __typename: 'ReadTasks'; node: string }
  | {
      __typename: 'RecoverSwarm';
      nodeId: string;
      advertiseAddr: string;
      listenAddr: string;
      dataPathAddr: string | null;
    }
  | { __typename: 'ReadWorkload'; fresh: true }
  | { __typename: 'RemoveConfig'; config: string }
  | { __typename: 'RemoveNetwork'; network: string }
  | { __typename: 'RemoveSecret'; secret: string }
  | { __typename: 'RemoveNode'; node: string; force: boolean }
  | { __typename: 'RotateJoinToken'; role: 'worker' | 'manager' }
  | {
      __typename: 'SendProbes';
      nonce: string;
      probes: readonly (ProbePoint & { source: string | null; greet: boolean })[];
      timeoutMs: number;
    }
  | { __typename: 'UnlockSwarm'; unlockKey: string }
  | {
      __typename: 'UpdateNode';
      node: string;
      role: 'worker' | 'manager' | null;
      availability: 'active' | 'pause' | 'drain' | null;
      setLabels: readonly { key: string; value: string }[];
      removeLabels: readonly string[];
    }
  | {
      __typename: 'UpdateSwarm';
      autolock: boolean | null;
      certificateExpirySeconds: number | null;
      heartbeatPeriodSeconds: number | null;
      taskHistoryLimit: number | null;
      snapshotInterval: number | null;
      keepOldSnapshots: number | null;
      forceRotate: number | null;
      rotateUnlockKey: boolean;
    };

export type Envelope = {
  id: string;
  operation: string | null;
  expiresInMs: number;
  /** Its agent shall tell which calls of its engine it made. */
  trace: boolean;
  body: CommandBody;
};

export type Link = {
  hostId: string;
  /** Of the host, as its agent said it: changes when the machine is started anew. */
  bootId: string;
  /** Whether the agent at the other end answers now. */
  probe(): Promise<boolean>;
  push(envelope: Envelope): void;
  /** What is pushed, until the link ends. */
  commands(): AsyncGenerator<Envelope>;
  /** Ends it from our side. */
  close(code: number, reason: string): void;
  ended: AbortSignal;
  end(): void;
};

/** Of commands that the agent has not taken. One that lets so many pile up is cut off, and gets them when it is back. */
const mostWaiting = 1_000;
/** Nobody has to look by himself: a push rings. */
const idleMs = 60_000;

/** The connection underneath. */
export type LinkSocket = {
  close(code: number, reason: string): void;
  probe(): Promise<boolean>;
};

export const createLink = (hostId: string, bootId: string, socket: LinkSocket): Link => {
  const bell = createBell();
  const waiting: Envelope[] = [];
  // Aborted with null: nobody asks why, and an error for each of a thousand would cost as much as closing its socket.
  const ended = new AbortController();
  const close: Link['close'] = (code, reason) => {
    ended.abort(null);
    socket.close(code, reason);
  };
  return {
    hostId,
    bootId,
    probe: socket.probe,
    ended: ended.signal,
    push: (envelope) => {
      if (waiting.length >= mostWaiting) return close(4408, 'commands are not taken');
      waiting.push(envelope);
      bell.ring();
    },
    async *commands() {
      while (!ended.signal.aborted) {
        const next = waiting.shift();
        if (next) yield next;
        else await bell.wait(idleMs, ended.signal);
      }
    },
    close,
    end: () => ended.abort(null),
  };
};

export type Links = {
  /** Null also for one that was ended and whose socket is not closed yet. */
  of(hostId: string): Link | null;
  /** The newest connection of a host wins. */
  open(link: Link): void;
  /** False when it had been replaced already. */
  shut(link: Link): boolean;
  onOpen(listener: (link: Link) => void): void;
  onShut(listener: (hostId: string) => void): void;
};

export const createLinks = (): Links => {
  const links = new Map<string, Link>();
  const bell = new EventEmitter().setMaxListeners(0);
  return {
    of: (hostId) => {
      const link = links.get(hostId);
      return link && !link.ended.aborted ? link : null;
    },
    open: (link) => {
      links.get(link.hostId)?.close(4409, 'replaced by a newer connection');
      links.set(link.hostId, link);
      bell.emit('open', link);
    },
    shut: (link) => {
      link.end();
      if (links.get(link.hostId) !== link) return false;
      links.delete(link.hostId);
      bell.emit('shut', link.hostId);
      return true;
    },
    onOpen: (listener) => void bell.on('open', listener),
    onShut: (listener) => void bell.on('shut', listener),
  };
};
