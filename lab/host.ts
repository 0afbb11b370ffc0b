// The handle of one lab machine: the same for a real engine in a namespace and for a simulated one.

/**
 * A machine with a Docker Engine that a test or the demo can break. All methods settle when the change has been
 * made, not when the swarm has noticed it; each is safe to call twice.
 */
export type LabHost = {
  /** Counts from 1 within its lab. */
  readonly index: number;
  readonly hostname: string;
  /** IPv4 address that other hosts of the lab reach it at. */
  readonly address: string;
  /** Unix socket of the Engine API. */
  readonly socketPath: string;
  /** Engine version, for example `28.5`. */
  readonly version: string;
  /** Name of the network namespace; absent for a simulated host. */
  readonly netns?: string;
  /** Kills the engine process; its data stays. */
  kill9(): Promise<void>;
  /** Starts a stopped engine; settles when it answers. */
  start(): Promise<void>;
  /** Stops the engine in good order. */
  stop(): Promise<void>;
  /** Freezes the engine: its socket accepts and never answers (SIGSTOP). */
  pause(): Promise<void>;
  /** Ends `pause`. */
  resume(): Promise<void>;
  /** Pulls the power cord: the whole machine is gone until `start`. */
  powerOff(): Promise<void>;
  /** Pulls the network cable; the local socket goes on answering. */
  cut(): Promise<void>;
  /** Ends `cut`. */
  heal(): Promise<void>;
  /** Settles when the engine answers; throws after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>;
  /** Removes the machine and all that it left. */
  down(): Promise<void>;
  /** Runs a command on the machine and returns its standard output; absent for a simulated host. */
  exec?(command: readonly string[]): Promise<string>;
  /** Brings the image bb:1 into the engine; absent for a simulated host, which asks for no image. */
  importImage?(): Promise<void>;
};
