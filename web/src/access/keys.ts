// API keys as the page shows them.
import type { ApiKeysQuery } from '../../generated/documents.ts';

export type ApiKey = ApiKeysQuery['apiKeys'][number];

export const isExpired = ({ expiresAt }: ApiKey): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= Date.now();
