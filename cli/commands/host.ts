// `skep host`: machines with an agent, whether they are in a swarm or not.
import type { Command } from 'commander';
import { act, perform, tell } from '../act.ts';
import { group, leaf, plain, type Setting } from '../command.ts';
import { allHosts, hostNamed } from '../find.ts';
import {
  CreateEnrolmentDocument,
  ForgetHostDocument,
  type HostToldFragment,
  ReleaseHostDocument,
  RenameHostDocument,
  RevokeHostDocument,
} from '../generated/documents.ts';
import { checkOutput, keepSecret } from '../keep-secret.ts';
import { ago, type Column, capitalised, printList } from '../print.ts';

const columns: Column<HostToldFragment>[] = [
  ['ID', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['STATUS', ({ status }) => capitalised(status)],
  ['ADDRESS', ({ addresses }) => addresses[0]?.address ?? ''],
  ['ENGINE', ({ engine }) => engine?.version ?? ''],
  ['SWARM', ({ swarm }) => (swarm ? capitalised(swarm.localState) : '')],
  [
    'NODE',
    ({ node }) => (node ? `${node.hostname} (${node.role.toLowerCase()} of ${node.cluster.name})` : ''),
  ],
  ['AGENT', ({ agentVersion }) => agentVersion ?? ''],
  ['SEEN', ({ status, lastSeenAt }) => (status === 'CONNECTED' ? 'now' : ago(lastSeenAt))],
];

/** What the agent dials, of the command that the server tells. */
const serverOf = (command: string | null | undefined): string =>
  /--server (\S+)/.exec(command ?? '')?.[1] ?? 'wss://SERVER/agent';

export const addHost = (setting: Setting, program: Command): void => {
  const host = group(program, 'host', 'Manage hosts: machines with an engine and an agent');

  leaf(
    setting,
    host,
    'ls',
    { summary: 'List hosts', aliases: ['list'], examples: ['host ls', 'host ls --format json'] },
    plain,
    async (session) => {
      printList(session, await allHosts(session), columns);
      return 'succeeded';
    },
  );

  leaf<{ output?: string }>(
    setting,
    host,
    'enrol [name]',
    {
      summary: 'Make the one-time secret by which an agent registers its key; good for 15 minutes',
      acts: true,
      examples: ['host enrol cloud04 --output enrolment', 'host enrol -q > enrolment'],
    },
    (command) => command.option('-o, --output <file>', 'write it into a file that only you can read'),
    async (session, [name], options) => {
      checkOutput(session, options.output);
      const done = await perform(session, CreateEnrolmentDocument, { name }, options, { secret: true });
      return tell(session, done, (_, { secret, enrolment, command }) =>
        keepSecret(session, secret, options.output, [
          `Good until ${enrolment?.expiresAt}, for one agent.`,
          'Put it into a file on the host that only root can read, and start the agent there:',
          `    SKEP_AGENT_SERVER=${serverOf(command)} SKEP_AGENT_ENROLMENT_FILE=FILE skep-agent`,
          `or in a checkout, with the file as its input: ${command}`,
        ]),
      );
    },
  );

  leaf(
    setting,
    host,
    'rename <host> <name>',
    { summary: 'Give a host another name', acts: true, examples: ['host rename cloud02 rack7-2'] },
    plain,
    async (session, [ref = '', name = ''], options) => {
      const { id } = await hostNamed(session, ref);
      return act(session, RenameHostDocument, { id, name }, options, () => [name]);
    },
  );

  for (const [word, document, summary, example] of [
    ['forget', ForgetHostDocument, 'Take a host out of the list', 'host forget cloud04'],
    [
      'revoke',
      RevokeHostDocument,
      'Listen no more to the agent of a host',
      "host revoke cloud04 --reason 'its key was copied'",
    ],
    [
      'release',
      ReleaseHostDocument,
      'Let a host out of quarantine',
      "host release cloud04 --reason 'a new disk'",
    ],
  ] as const)
    leaf(
      setting,
      host,
      `${word} <host>`,
      { summary, acts: true, examples: [example] },
      plain,
      async (session, [ref = ''], options) => {
        const { id, name } = await hostNamed(session, ref);
        return act(session, document, { id }, options, () => [name]);
      },
    );
};
