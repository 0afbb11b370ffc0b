// The certificate that the server shows on its port: an operator's own, or one that it makes and signs itself.
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

/** PEM both; `key` is never logged. */
export type Certificate = { cert: string; key: string };

/** Where it comes from; null: no TLS. */
export type CertificateSource = { kind: 'files'; cert: string; key: string } | { kind: 'self-signed' } | null;

/** What browsers take at most of a certificate that somebody trusts by hand. */
const lifetimeMs = 825 * 86_400_000;
const renewBeforeMs = 30 * 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** What a certificate of our own is for: how callers and agents on this machine and others address the server. */
export const certificateNames = ({
  host,
  agentUrl,
}: {
  host: string;
  agentUrl: string | null;
}): readonly string[] => {
  const dialled = agentUrl === null ? [] : [new URL(agentUrl).hostname.replace(/^\[|\]$/g, '')];
  return ['localhost', '127.0.0.1', host, ...dialled].filter((name) => name !== '0.0.0.0' && name !== '::');
};

const pem = (kind: string, der: ArrayBuffer): string =>
  `-----BEGIN ${kind}-----\n${(
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END ${kind}-----\n`;

const make = async (names: readonly string[]): Promise<Certificate> => {
  // Here only: they are a good part of what a start without a certificate of our own would load.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    name: 'CN=Skep server',
    // Clocks of callers may be a little behind.
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + lifetimeMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  });
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
  };
};

const serves = (cert: string, names: readonly string[]): boolean => {
  const certificate = new X509Certificate(cert);
  const lasts = new Date(certificate.validTo).getTime() - Date.now() > renewBeforeMs;
  const named = names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)));
  return lasts && named;
};

/**
 * One file with key and certificate, 0600, so that a crash cannot leave a pair that does not fit; beside it the
 * certificate alone, for callers to trust. Made anew when a name is missing or it ends within 30 days: agents do not
 * mind, for they know the server by its identity key.
 */
const selfSigned = async (dataDir: string, names: readonly string[]): Promise<Certificate> => {
  const file = join(dataDir, 'tls.pem');
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : null;
  if (kept === null || !serves(kept, names)) {
    const made = await make(names);
    writeFileSync(`${file}.new`, made.key + made.cert, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    writeFileSync(join(dataDir, 'tls-certificate.pem'), made.cert, { mode: 0o644 });
    return made;
  }
  return { cert: kept, key: kept };
};

const readFile = (setting: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${setting}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/**
 * @param names host names and addresses that a self-signed one is for.
 * @throws Error with a sentence for the person who starts the server.
 */
export const openCertificate = async (
  source: CertificateSource,
  dataDir: string,
  names: readonly string[],
): Promise<Certificate | null> => {
  if (source === null) return null;
  if (source.kind === 'self-signed') return selfSigned(dataDir, [...new Set(names)]);
  const certificate = {
    cert: readFile('SKEP_TLS_CERT', source.cert),
    key: readFile('SKEP_TLS_KEY', source.key),
  };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new Error(
      `SKEP_TLS_CERT, SKEP_TLS_KEY: not a PEM certificate with its PEM key: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return certificate;
};
