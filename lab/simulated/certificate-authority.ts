// A swarm's root certificate: a real self-signed one, since clients parse and digest it.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** The public half of a swarm's root CA, in the forms that the API shows. */
export type CertificateAuthority = {
  /** PEM, `TLSInfo.TrustRoot`. */
  readonly trustRoot: string;
  /** Base64 of the issuer's DER name. */
  readonly issuerSubject: string;
  /** Base64 of the DER public key. */
  readonly issuerPublicKey: string;
  /** SHA-256 of the PEM: the middle part of join tokens. */
  readonly digest: Uint8Array;
};

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BOOLEAN = 0x01;
const BITS = 0x03;
const BYTES = 0x04;
const OID = 0x06;
const PRINTABLE = 0x13;
const UTC_TIME = 0x17;
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const ECDSA_SHA256 = der(SEQUENCE, der(OID, hex('2a8648ce3d040302')));
const SWARM_CA = der(
  SEQUENCE,
  der(SET, der(SEQUENCE, der(OID, hex('550403')), der(PRINTABLE, Buffer.from('swarm-ca')))),
);
const IS_CA = der(
  SEQUENCE,
  der(OID, hex('551d13')),
  der(BOOLEAN, hex('ff')),
  der(BYTES, der(SEQUENCE, der(BOOLEAN, hex('ff')))),
);

const utcTime = (at: Date): Buffer =>
  der(
    UTC_TIME,
    Buffer.from(
      `${at
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  );

/** Makes a P-256 root named `swarm-ca`, valid for 20 years, like swarmkit's ca/certificates.go. */
export const createCertificateAuthority = (): CertificateAuthority => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const from = new Date(Date.now() - 3_600_000);
  const until = new Date(from);
  until.setFullYear(until.getFullYear() + 20);
  const serial = Buffer.concat([hex('01'), randomBytes(8)]);
  const body = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, hex('02'))),
    der(INTEGER, serial),
    ECDSA_SHA256,
    SWARM_CA,
    der(SEQUENCE, utcTime(from), utcTime(until)),
    SWARM_CA,
    spki,
    der(0xa3, der(SEQUENCE, IS_CA)),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = der(SEQUENCE, body, ECDSA_SHA256, der(BITS, hex('00'), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  const trustRoot = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return {
    trustRoot,
    issuerSubject: SWARM_CA.toString('base64'),
    issuerPublicKey: spki.toString('base64'),
    digest: createHash('sha256').update(trustRoot).digest(),
  };
};
