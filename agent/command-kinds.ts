// What kind of command each type is. Apart from the executors: the configuration asks for it before they are loaded.
import type { CommandName } from './contract.ts';

/**
 * What each command type does. `effect`: changes something, so it is journaled, runs at most once, and alone but for
 * effects on other nodes (lanes.ts). `read`: may be asked again, runs beside everything else.
 */
export const commandKinds: Readonly<Record<CommandName, 'effect' | 'read'>> = {
  CreateConfig: 'effect',
  CreateNetwork: 'effect',
  CreateSecret: 'effect',
  CreateService: 'effect',
  // Opens sockets for a few seconds and changes nothing: asked again, they are opened again.
  AnswerProbes: 'read',
  InitSwarm: 'effect',
  JoinSwarm: 'effect',
  LeaveSwarm: 'effect',
  ReadCluster: 'read',
  ReadConfigs: 'read',
  ReadContainers: 'read',
  ReadJoinToken: 'read',
  ReadNetworks: 'read',
  ReadSecrets: 'read',
  ReadServices: 'read',
  ReadTasks: 'read',
  ReadUnlockKey: 'read',
  RecoverSwarm: 'effect',
  ReadWorkload: 'read',
  RemoveConfig: 'effect',
  RemoveNetwork: 'effect',
  RemoveNode: 'effect',
  RemoveSecret: 'effect',
  RemoveService: 'effect',
  RollBackService: 'effect',
  RotateJoinToken: 'effect',
  SendProbes: 'read',
  UnlockSwarm: 'effect',
  UpdateNode: 'effect',
  UpdateService: 'effect',
  UpdateSwarm: 'effect',
};
