// Joining, leaving and removing in GraphQL.
import './schema/enums.ts';
import './schema/cleanup.ts';
import './schema/backlinks.ts';
import './schema/mutations.ts';
