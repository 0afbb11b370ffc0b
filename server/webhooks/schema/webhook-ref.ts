// The type's name: a webhook and its deliveries lead to each other.
import { builder } from '../../graphql/builder.ts';
import type { Webhook } from '../webhook.ts';

export const WebhookRef = builder.objectRef<Webhook>('Webhook');
