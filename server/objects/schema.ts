// What GraphQL shows of the live feed of services, networks, secrets and configs.
import './schema/history.ts';
import './schema/object-events.ts';
import './schema/service-events.ts';
