// Webhooks in GraphQL: what they are told of, what was delivered, their mutations.
import './schema/enums.ts';
import './schema/webhook-ref.ts';
import './schema/webhook.ts';
import './schema/delivery.ts';
import './schema/queries.ts';
import './schema/mutations.ts';
