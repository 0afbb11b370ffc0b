// Which new root is the end of a rotation that Skep began, and which is not.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createCertificateAuthority } from '../../lab/simulated/certificate-authority.ts';
import { followRotation } from '../../server/clusters/ca-rotation.ts';
import type { CaRotation } from '../../server/clusters/cluster.ts';
import type { SwarmObservation } from '../../server/clusters/observation.ts';

const [old, ours, other] = [
  createCertificateAuthority(),
  createCertificateAuthority(),
  createCertificateAuthority(),
];
const digestOf = ({ trustRoot }: typeof old) => createHash('sha256').update(trustRoot).digest('hex');
const seen = (
  root: typeof old,
  {
    count = 3,
    inProgress = false,
    issuer = root,
  }: { count?: number; inProgress?: boolean; issuer?: typeof old } = {},
): SwarmObservation => ({
  id: 'c',
  version: 1,
  createdAt: '',
  spec: { CAConfig: { ForceRotate: count } },
  caDigest: digestOf(root),
  trustRoot: root.trustRoot,
  issuer: issuer.issuerPublicKey,
  unlockKeyDigest: null,
  tokens: { WORKER: 'w', MANAGER: 'm' },
  rootRotationInProgress: inProgress,
  defaultAddrPool: [],
  subnetSize: 24,
  dataPathPort: 4_789,
});
const begun: CaRotation = { operationId: 'o', from: digestOf(old), forceRotate: 3, issuer: null, to: null };
const announced: CaRotation = { ...begun, issuer: ours.issuerPublicKey };
const follow = (caRotation: CaRotation | null, swarm: SwarmObservation) =>
  followRotation({ caRotation, caDigest: digestOf(old) }, swarm);

it('without a rotation, or before it is in the spec, the pin stays', () => {
  expect(follow(null, seen(other))).toMatchObject({ caDigest: digestOf(old), ended: null });
  expect(follow(begun, seen(other, { count: 2 }))).toMatchObject({ caDigest: digestOf(old), ended: null });
});

it('while it is open the new root’s key is kept as it was announced first', () => {
  const first = follow(begun, seen(old, { inProgress: true, issuer: ours }));
  expect(first).toEqual({ caRotation: announced, caDigest: digestOf(old), ended: null });
  expect(follow(announced, seen(old, { inProgress: true, issuer: other })).caRotation).toEqual(announced);
});

it('the announced root ends it, once, and is pinned', () => {
  const end = follow(announced, seen(ours));
  expect(end).toMatchObject({
    caDigest: digestOf(ours),
    ended: announced,
    caRotation: { to: digestOf(ours) },
  });
  const after = followRotation(end, seen(other, { count: 3 }));
  expect(after).toMatchObject({ caDigest: digestOf(ours), ended: null });
});

it('another root than the announced one, or of a later rotation, is not ours', () => {
  expect(follow(announced, seen(other))).toEqual({
    caRotation: announced,
    caDigest: digestOf(old),
    ended: null,
  });
  expect(follow(announced, seen(ours, { count: 4 }))).toMatchObject({ caDigest: digestOf(old), ended: null });
});

it('one that was taken back ends with the root of before', () => {
  expect(follow(announced, seen(old))).toMatchObject({
    caRotation: { to: digestOf(old) },
    caDigest: digestOf(old),
    ended: null,
  });
});
