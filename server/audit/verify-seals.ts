// The sealed part of the history, verified from its files: nothing else speaks for what was deleted below a seal.
import type { PrismaClient } from '../../prisma/generated/client.ts';
import type { Link } from './chain.ts';
import { isSigned, type SignedHead } from './head.ts';
import { createCheck, type Fault } from './offline/check.ts';
import { readExport } from './offline/read-lines.ts';
import { sealText } from './seal.ts';
import { digestOf, sealedFile } from './sealed-file.ts';

/**
 * Each seal must be signed and follow from the one before, its file must be there as it was sealed and hold together,
 * and fit what agents keep of that part.
 *
 * @param kept heads that agents keep.
 * @returns the first fault; null: none.
 */
export const verifySeals = async ({
  read,
  folder,
  publicKey,
  generation,
  kept,
}: {
  read: PrismaClient;
  folder: string;
  publicKey: string;
  /** The present one. */
  generation: string;
  kept: readonly { head: SignedHead; from: string }[];
}): Promise<Fault | null> => {
  const seals = await read.auditSeal.findMany({ orderBy: { toSeq: 'asc' } });
  const last = seals.at(-1);
  if (!last) return null;
  const check = createCheck({ kept: kept.filter(({ head }) => head.seq <= last.toSeq), publicKey });
  let previous: Link | null = null;
  for (const seal of seals) {
    const { fromSeq, toSeq, file, firstPreviousHash, lastHash, digest } = seal;
    const fault = (message: string): Fault => ({ seq: fromSeq, message });
    if (!isSigned(publicKey, sealText(seal), seal.signature))
      return fault('its seal is not signed by this server');
    if (fromSeq !== (previous?.seq ?? 0) + 1 || (previous && firstPreviousHash !== previous.hash))
      return fault('its seal does not follow from the one before');
    const path = sealedFile(folder, file);
    if (path === null) return fault(`its sealed file ${file} is missing`);
    if ((await digestOf(path)) !== digest) return fault(`its sealed file ${file} was changed`);
    for await (const line of readExport(path)) check.take(line);
    previous = { seq: toSeq, hash: lastHash };
  }
  // Heads of other generations are held against the present one, not the one in which the file was sealed.
  check.take({ kind: 'export', whole: true, server: last.server, generation, publicKey });
  check.take({ kind: 'end', records: 0 });
  const { faults, to } = check.end();
  if (faults[0]) return faults[0];
  return to === last.toSeq ? null : { seq: last.toSeq, message: 'its sealed file ends before it' };
};
