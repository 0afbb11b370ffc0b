// What each step of the preparation makes, from what, and where it leaves its stamp.
import { createHash } from 'node:crypto';
import { hashFiles } from './hash-files.mjs';

/** Of `prisma generate`: the version of Prisma is in the lock file. */
export const generateInputs = ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'];
export const generatedFolder = 'prisma/generated';
export const generateStamp = 'prisma/generated/.stamp';

/** Of build.mjs. */
const buildInputs = [
  'server',
  'agent',
  'client',
  'cli',
  'agent.graphql',
  'schema.graphql',
  'web/index.html',
  'web/public',
  'web/src',
  'web/vite.config.ts',
  'prisma/schema.prisma',
  'prisma/migrations',
  'prisma/requests.txt',
  'lab/build.mjs',
  'lab/build-agent.mjs',
  'lab/build-cli.mjs',
  'lab/build-web.mjs',
  'lab/generate-documents.mjs',
  'lab/ready-documents.mjs',
  'lab/build-client.mjs',
  'lab/left-out-of-the-agent.cjs',
  'lab/agent-loader.cjs',
  'lab/mask-by-words.cjs',
  'lab/warm-agent.cjs',
  'lab/build-server.mjs',
  'lab/query-compiler.mjs',
  'lab/server-loader.cjs',
  'lab/warm-server.cjs',
  'package.json',
  'package-lock.json',
];
export const buildStamp = 'dist/.stamp';
/** What the build makes outside of dist/: the documents of GraphQL, typed. */
export const documentFolders = ['cli/generated', 'client/generated', 'web/generated'];

/** SHA-256, hex, of what is built and of the Node that its code is compiled for. */
export const buildFingerprint = () =>
  createHash('sha256').update(hashFiles(buildInputs)).update(process.version).digest('hex');
