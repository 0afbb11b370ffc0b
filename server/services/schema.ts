// Services in GraphQL: the type, list and lookup, and the mutations.
import './schema/enums.ts';
import './schema/swarm-service.ts';
import './schema/inputs.ts';
import './schema/queries.ts';
import './schema/mutations.ts';
