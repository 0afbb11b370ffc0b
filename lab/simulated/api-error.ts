// The engine's refusals: one error class and the texts that several endpoints share, word for word.

/** An answer of the Engine API that is not a success. */
export class ApiError extends Error {
  readonly status: number;
  /** The engine sends this one as plain text instead of `{"message":...}`. */
  readonly plain: boolean;
  constructor(status: number, message: string, plain = false) {
    super(message);
    this.status = status;
    this.plain = plain;
  }
}

/** Texts of moby's daemon/cluster/errors.go and of swarmkit, as measured on 20.10, 26.1 and 28.5. */
export const TEXT = {
  notInSwarm:
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  notManager:
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
  alreadyInSwarm:
    'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.',
  notPartOfSwarm: 'This node is not part of a swarm',
  noLeader:
    "The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.",
  beingPrepared:
    'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.',
  locked:
    'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.',
  leaveLocked:
    'Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.',
  joinTimeout:
    'Timeout was reached before node joined. The attempt to join the swarm will continue in the background. Use the "docker info" command to see the current swarm status of your node.',
} as const;

/** gRPC codes that the engine wraps, with the HTTP status that moby maps each to. */
const GRPC_STATUS = {
  InvalidArgument: 400,
  NotFound: 404,
  AlreadyExists: 409,
  FailedPrecondition: 400,
  Unavailable: 503,
  DeadlineExceeded: 500,
  Unknown: 500,
} as const;

/** An error that reached the engine from swarmkit: `rpc error: code = … desc = …`. */
export const grpcError = (code: keyof typeof GRPC_STATUS, message: string): ApiError =>
  new ApiError(GRPC_STATUS[code], `rpc error: code = ${code} desc = ${message}`);
