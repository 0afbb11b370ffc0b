// A seal: the server's word that a first part of the history stands in a file, as it was.
export type Seal = {
  /** Id of the installation. */
  server: string;
  generation: string;
  fromSeq: number;
  toSeq: number;
  /** `previousHash` of the first record, `hash` of the last. */
  firstPreviousHash: string;
  lastHash: string;
  count: number;
  /** Name of the file in the folder of sealed segments. */
  file: string;
  /** SHA-256, hex, of the file. */
  digest: string;
  /** When it was sealed, ISO 8601. */
  at: string;
  /** Ed25519 over {@link sealText}, base64url. */
  signature: string;
};

export const sealText = (seal: Omit<Seal, 'signature'>): string =>
  [
    'skep-audit-seal-v1',
    seal.server,
    seal.generation,
    seal.fromSeq,
    seal.toSeq,
    seal.firstPreviousHash,
    seal.lastHash,
    seal.count,
    seal.file,
    seal.digest,
    seal.at,
  ].join('\n');
