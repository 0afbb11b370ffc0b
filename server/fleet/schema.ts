// The declared fleet in GraphQL: what a document would change.
import './schema/declaration.ts';
import './schema/enums.ts';
import './schema/events.ts';
import './schema/fleet-plan.ts';
import './schema/mutations.ts';
import './schema/queries.ts';
