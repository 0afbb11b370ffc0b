// What each step of the preparation makes, from what, and where it leaves its stamp.

/** Of `prisma generate`: the version of Prisma is in the lock file. */
export const generateInputs = ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'];
export const generatedFolder = 'prisma/generated';
export const generateStamp = 'prisma/generated/.stamp';

/** Of build.mjs. */
export const buildInputs = [
  'server',
  'agent',
  'agent.graphql',
  'prisma/schema.prisma',
  'prisma/migrations',
  'lab/build.mjs',
  'lab/build-agent.mjs',
  'lab/left-out-of-the-agent.cjs',
  'package.json',
  'package-lock.json',
];
export const buildStamp = 'dist/.stamp';
