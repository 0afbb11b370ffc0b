// What GraphQL shows of the live feed of services, networks, secrets and configs.
import './schema/history.ts';
import './schema/objects.ts';
import './schema/service.ts';
