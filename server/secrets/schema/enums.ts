// Enums of secrets and configs.
import { builder } from '../../graphql/builder.ts';
import type { encodings } from '../value.ts';

export const ValueEncodingEnum = builder.enumType('ValueEncoding', {
  description: 'How a value is written in a request.',
  values: {
    UTF8: { description: 'As it is.' },
    BASE64: { description: 'For what is no text.' },
  } satisfies Record<(typeof encodings)[number], { description: string }>,
});
