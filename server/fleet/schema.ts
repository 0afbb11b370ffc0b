// The declared fleet in GraphQL: what a document would change.
import './schema/enums.ts';
import './schema/fleet-plan.ts';
import './schema/queries.ts';
