// Swarm secrets and configs in GraphQL: the types, lists, and the mutations.
import './schema/enums.ts';
import './schema/kept.ts';
import './schema/queries.ts';
import './schema/mutations.ts';
