// Nodes in GraphQL: the type, list and lookup, the live feed, and the mutations of roles, availability and labels.
import './schema/enums.ts';
import './schema/task.ts';
import './schema/node.ts';
import './schema/filter.ts';
import './schema/queries.ts';
import './schema/backlinks.ts';
import './schema/events.ts';
import './schema/inputs.ts';
import './schema/mutations.ts';
