// The audit log in GraphQL: records, their page, their verification, their live feed.
import './schema/enums.ts';
import './schema/record.ts';
import './schema/head.ts';
import './schema/verification.ts';
import './schema/filter.ts';
import './schema/queries.ts';
import './schema/events.ts';
