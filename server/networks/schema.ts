// Networks in GraphQL: the type, list and lookup, and the mutations.
import './schema/network.ts';
import './schema/queries.ts';
import './schema/mutations.ts';
