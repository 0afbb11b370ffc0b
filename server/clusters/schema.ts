// Clusters in GraphQL: state, quorum, tokens, watcher, and what can be done to a cluster as such.
import './schema/enums.ts';
import './schema/quorum.ts';
import './schema/join-token.ts';
import './schema/unlock-key.ts';
import './schema/settings.ts';
import './schema/reminder.ts';
import './schema/watcher.ts';
import './schema/cluster.ts';
import './schema/backlinks.ts';
import './schema/filter.ts';
import './schema/queries.ts';
import './schema/events.ts';
import './schema/mutations.ts';
