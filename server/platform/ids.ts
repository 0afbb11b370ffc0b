// Ids of our own rows: unique without a round trip, and sorted by the time they were made.
import { v7 } from 'uuid';

/**
 * A UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then a counter and random bits. Ids made in one
 * process sort, as text, in the order they were made.
 */
export const uuidv7 = (): string => v7();
