import { defineConfig } from 'prisma/config';

/** For `prisma generate` only. Migrations are written by `npm run migrate` and applied by the server at start. */
export default defineConfig({ schema: 'prisma/schema.prisma', datasource: { url: 'file:./data/skep.db' } });
