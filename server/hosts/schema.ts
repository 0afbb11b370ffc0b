// Hosts and enrolments in GraphQL.
import './schema/enums.ts';
import './schema/host.ts';
import './schema/backlinks.ts';
import './schema/witness.ts';
import './schema/enrolment.ts';
import './schema/filter.ts';
import './schema/queries.ts';
import './schema/events.ts';
import './schema/mutations.ts';
import './schema/readiness.ts';
import './schema/preflight.ts';
