// What the inputs of webhooks have in common.
import * as z from 'zod';
import { postAddress } from '../platform/post-address.ts';
import { type AlarmKind, alarmKinds } from './alarms.ts';
import { isLinkLocal } from './post.ts';

export const webhookName = z.string().trim().min(1).max(100);

/** It may hold a secret: a refusal does not repeat it. */
export const addressInput = (linkLocalAllowed: boolean) =>
  z
    .string()
    .max(2_000)
    .refine(
      (text) => postAddress(text) !== null,
      'is not https://…, or http://… to this machine (127.0.0.1, [::1], localhost), without a user in it',
    )
    .refine(
      (text) =>
        linkLocalAllowed || !isLinkLocal((postAddress(text)?.hostname ?? '').replace(/^\[(.*)\]$/, '$1')),
      'is a link-local address, which this server does not allow (SKEP_WEBHOOK_LINK_LOCAL)',
    );

export const alarmsInput = z
  .array(z.enum(alarmKinds as [AlarmKind, ...AlarmKind[]]))
  .min(1, 'name one kind of alarm at least')
  .transform((kinds) => alarmKinds.filter((kind) => kinds.includes(kind)));

export const clustersInput = z.array(z.string().min(1)).min(1, 'leave it out for all clusters').max(1_000);
