// Rolling maintenance in GraphQL: its mutations, and how it stands.
import './schema/enums.ts';
import './schema/state.ts';
import './schema/queries.ts';
import './schema/mutations.ts';
