// A label, as commands carry it.
import { builder } from './builder.ts';

export const Label = builder.objectRef<{ key: string; value: string }>('Label').implement({
  fields: (t) => ({ key: t.exposeString('key'), value: t.exposeString('value') }),
});
