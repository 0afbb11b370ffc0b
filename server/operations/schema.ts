// Operations in GraphQL: the type, its page, its live feed, and how a mutation becomes one.
import './schema/enums.ts';
import './schema/impact.ts';
import './schema/operation.ts';
import './schema/backlinks.ts';
import './schema/filter.ts';
import './schema/queries.ts';
import './schema/events.ts';
import './schema/operation-mutation.ts';
import './schema/mutations.ts';
