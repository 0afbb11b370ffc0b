// Following a rotation of the root CA that Skep began: the pinned digest moves in the same step in which the new root is
// seen, whoever saw it and whenever, so that Skep never takes its own rotation for another cluster. Pure.
import { X509Certificate } from 'node:crypto';
import type { Change } from '../platform/events.ts';
import type { CaRotation, Cluster } from './cluster.ts';
import type { NodeObservation, Observation, SwarmObservation } from './observation.ts';
import { valueAt } from './settings.ts';

/** `CAConfig.ForceRotate`: Docker counts the rotations that were asked for. */
export const rotationsOf = (spec: Record<string, unknown>): number => {
  const count = valueAt(spec, ['CAConfig', 'ForceRotate']);
  return typeof count === 'number' ? count : 0;
};

/** Nodes that have no certificate of the new root yet. */
export const withoutNewCertificate = ({ swarm, nodes }: Observation): NodeObservation[] =>
  swarm.rootRotationInProgress
    ? nodes.filter(({ tlsInfo }) => tlsInfo?.certIssuerPublicKey !== swarm.issuer)
    : [];

/** What of a swarm a rotation of its root changes when it ends: the root, and with it both join tokens. */
export const isOfRotation = ({ path }: Change): boolean =>
  path === 'caDigest' || path.startsWith('joinTokens.');

/** The public key of a certificate as Docker tells it (`CertIssuerPublicKey`); null: it cannot be read. */
const publicKeyOf = (pem: string | null): string | null => {
  if (pem === null) return null;
  try {
    return new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  } catch {
    return null;
  }
};

export type Followed = {
  caRotation: CaRotation | null;
  /** The digest that is pinned. */
  caDigest: string | null;
  /** The rotation that has ended with this read, and that the new root and the new tokens are of. */
  ended: CaRotation | null;
};

/**
 * What an observation makes of a rotation that is open. A new root is taken for its end when the spec still is the one
 * that began it and the root's key is the one that was announced meanwhile; any other root is not ours.
 */
export const followRotation = (
  { caRotation, caDigest }: Pick<Cluster, 'caRotation' | 'caDigest'>,
  swarm: SwarmObservation,
): Followed => {
  if (caRotation === null || caRotation.to !== null || rotationsOf(swarm.spec) < caRotation.forceRotate)
    return { caRotation, caDigest, ended: null };
  if (swarm.caDigest === caRotation.from) {
    // Not in progress and no new root: somebody took it back.
    if (!swarm.rootRotationInProgress)
      return { caRotation: { ...caRotation, to: caRotation.from }, caDigest, ended: null };
    const issuer = caRotation.issuer ?? swarm.issuer;
    return { caRotation: { ...caRotation, issuer }, caDigest, ended: null };
  }
  const isOurs =
    rotationsOf(swarm.spec) === caRotation.forceRotate &&
    (caRotation.issuer === null || publicKeyOf(swarm.trustRoot) === caRotation.issuer);
  return isOurs
    ? { caRotation: { ...caRotation, to: swarm.caDigest }, caDigest: swarm.caDigest, ended: caRotation }
    : { caRotation, caDigest, ended: null };
};
