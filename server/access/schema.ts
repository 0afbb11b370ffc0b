// Who asks, API keys and sessions, in GraphQL.
import './schema/enums.ts';
import './schema/api-key.ts';
import './schema/queries.ts';
import './schema/mutations.ts';
import './schema/session.ts';
