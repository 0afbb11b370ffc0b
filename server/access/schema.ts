// Who asks, and API keys, in GraphQL.
import './schema/enums.ts';
import './schema/api-key.ts';
import './schema/queries.ts';
import './schema/mutations.ts';
