// The GraphQL documents that the agent sends; a test validates each against agent.graphql.

/** Exchanges the enrolment secret for a host id. */
export const enrolDocument = 'mutation Enrol($input: EnrolInput!) { enrol(input: $input) { host name } }';

/** Proves the agent's key. */
export const attachDocument =
  'mutation Attach($signature: String!, $bootId: String!, $engineId: ID, $head: AuditHeadInput) { attach(signature: $signature, bootId: $bootId, engineId: $engineId, head: $head) { host heartbeatSeconds recall } }';

/** Tells a restored server what was carried out. */
export const recallDocument = 'mutation Recall($commands: [RecalledInput!]!) { recall(commands: $commands) }';

/** Sends what the agent sees of its host. */
export const reportDocument = 'mutation Report($input: ReportInput!) { report(input: $input) }';

/** Says that a command is in the journal. */
export const acknowledgeDocument = 'mutation Acknowledge($command: ID!) { acknowledge(command: $command) }';

/** Says how a command ended. */
export const completeDocument = 'mutation Complete($input: CompleteInput!) { complete(input: $input) }';

/** Passes on the engine's events. */
export const noticeDocument = 'mutation Notice($input: NoticeInput!) { notice(input: $input) }';

/** Says which heads of the history are kept. */
export const witnessDocument = 'mutation Witness($input: WitnessInput!) { witness(input: $input) }';

/** Brings heads of the history to keep, and questions for those that are kept. */
export const headsDocument =
  'subscription Heads { heads { head { server generation seq hash at signature } ask } }';

const serviceParts = `parts {
        image command args user workingDirectory stopGraceSeconds
        labels { key value } containerLabels { key value }
        mounts { kind source path readOnly }
        secrets { ref fileName uid gid fileMode } configs { ref fileName uid gid fileMode }
        capabilitiesAdd constraints preferences maxReplicasPerNode replicas
        resources { cpuLimit memoryLimitBytes cpuReservation memoryReservationBytes }
        restartPolicy { condition delaySeconds maxAttempts windowSeconds }
        updateConfig { parallelism delaySeconds failureAction monitorSeconds maxFailureRatio order }
        rollbackConfig { parallelism delaySeconds failureAction monitorSeconds maxFailureRatio order }
        networks endpointMode ports { targetPort publishedPort protocol publishMode }
      }`;

/** Brings the commands. The aliases are explained in contract.ts. */
export const commandsDocument = `subscription Commands {
  commands {
    id
    expiresInMs
    body {
      __typename
      ... on CreateService { serviceName everyNode ${serviceParts} env mayPrivileged }
      ... on AnswerProbes { nonce points { address port protocol } seconds }
      ... on InitSwarm {
        advertiseAddr listenAddr dataPathAddr dataPathPort defaultAddrPool subnetSize autolock
      }
      ... on JoinSwarm {
        token remoteAddrs joinAdvertiseAddr: advertiseAddr listenAddr dataPathAddr availability cluster
      }
      ... on CreateConfig { name value labels { key value } }
      ... on CreateNetwork {
        name attachable encrypted internal ipv6 subnets { subnet gateway ipRange } labels { key value }
      }
      ... on CreateSecret { name value labels { key value } }
      ... on LeaveSwarm { nodeId force }
      ... on ReadJoinToken { role }
      ... on ReadServices { ofService }
      ... on ReadTasks { node }
      ... on RecoverSwarm { nodeId advertiseAddr listenAddr dataPathAddr }
      ... on RemoveConfig { config }
      ... on RemoveNetwork { network }
      ... on RemoveNode { node force }
      ... on RemoveSecret { secret }
      ... on RemoveService { service }
      ... on RollBackService { service mayPrivileged }
      ... on RotateJoinToken { role }
      ... on SendProbes { nonce probes { address port protocol source greet } timeoutMs }
      ... on UnlockSwarm { unlockKey }
      ... on UpdateNode {
        node wantedRole: role wantedAvailability: availability setLabels { key value } removeLabels
      }
      ... on UpdateService { service ${serviceParts} env forceUpdate mayPrivileged }
      ... on UpdateSwarm {
        wantedAutolock: autolock certificateExpirySeconds heartbeatPeriodSeconds taskHistoryLimit
        snapshotInterval keepOldSnapshots forceRotate rotateUnlockKey
      }
    }
  }
}`;

/** The same of a server that says that it traces: one of an earlier version would refuse the field. */
export const tracedCommandsDocument = commandsDocument.replace('expiresInMs', 'expiresInMs trace');
