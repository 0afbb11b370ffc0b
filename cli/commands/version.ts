// `skep version`: of this command and of the server.
import type { Command } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { leaf, type Setting } from '../command.ts';
import { ViewerDocument } from '../generated/documents.ts';

export const { version } = packageFile;

export const addVersion = (setting: Setting, program: Command): void => {
  leaf<{ client?: boolean }>(
    setting,
    program,
    'version',
    {
      summary: 'Show the versions of this command, of Node and of the server',
      examples: ['version', 'version --client'],
    },
    (command) => command.option('--client', 'do not ask the server'),
    async (session, _, { client }) => {
      // Also when the server does not answer.
      if (session.format !== 'json') session.out(`skep ${version}, Node ${process.version}`);
      const own = { skep: version, node: process.version, server: session.settings.url };
      const { viewer, serverVersion } = client
        ? { viewer: null, serverVersion: null }
        : await session.ask(ViewerDocument, {});
      if (session.format === 'json')
        session.out(JSON.stringify({ ...own, serverVersion, signedInAs: viewer?.name ?? null }, null, 2));
      else if (viewer)
        session.out(
          `server ${serverVersion} at ${own.server}, as ${viewer.name} (${viewer.role.toLowerCase()})`,
        );
      return 'succeeded';
    },
  );
};
