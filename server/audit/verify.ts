// Verifies the history: its chain, the heads that the server signed, and those that others kept.
import type { PrismaClient } from '../../prisma/generated/client.ts';
import type { PreparedRead } from '../platform/prepared-sql.ts';
import { type Verification, verifyChain } from './chain.ts';
import { type ComparedHead, compareHeads } from './compare-heads.ts';
import { headText, isSigned, type SignedHead } from './head.ts';
import { headOf } from './heads.ts';
import { verifySeals } from './verify-seals.ts';

/** What somebody outside the database holds; all are signed by this server. */
export type Testimony = { host: { id: string; name: string }; heads: readonly SignedHead[] };
export type WitnessVerdict = {
  host: { id: string; name: string };
  /** Heads that it holds. */
  held: number;
  /** Of these, heads that a restore left behind. */
  branched: number;
  newest: SignedHead | null;
  /** The oldest head that the history contradicts. */
  contradiction: SignedHead | null;
};
export type FullVerification = Verification & { signedHeads: number; witnesses: WitnessVerdict[] };

const pageSize = 500;

export const createVerifyAudit =
  ({
    read,
    sql,
    server,
    publicKey,
    generation,
    sealed,
    testify,
  }: {
    read: PrismaClient;
    sql: PreparedRead;
    /** The installation's id and key. */
    server: string;
    publicKey: string;
    generation: string;
    /** Folder of the sealed files. */
    sealed: string;
    /** Asks whoever keeps heads. */
    testify: () => Promise<readonly Testimony[]>;
  }) =>
  async (): Promise<FullVerification> => {
    // Asked before the chain is read: a head that comes while it is read is not in what was asked for.
    const testimonies = await testify();
    const chain = await verifyChain(read);
    let signedHeads = 0;
    let fault = chain.fault;
    const faultOf = ({ head, verdict, hash }: ComparedHead, whose: string): typeof fault =>
      verdict !== 'CONTRADICTS'
        ? null
        : {
            seq: head.seq,
            message: `${whose} says otherwise: ${hash === null ? 'the record is gone' : 'the record had another hash'}`,
          };

    for (let after = { at: new Date(0), seq: 0 }; ; ) {
      const rows = await read.auditHead.findMany({
        where: { OR: [{ at: { gt: after.at } }, { at: after.at, seq: { gt: after.seq } }] },
        orderBy: [{ at: 'asc' }, { seq: 'asc' }],
        take: pageSize,
      });
      const heads = rows.map((row) => headOf(server, row));
      const forged = heads.find((head) => !isSigned(publicKey, headText(head), head.signature));
      if (forged)
        fault ??= { seq: forged.seq, message: 'its signed head has a signature that is not this server’s' };
      for (const compared of compareHeads(sql, generation, heads))
        fault ??= faultOf(compared, 'the server’s signed head');
      signedHeads += rows.length;
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) break;
      after = { at: last.at, seq: last.seq };
    }

    const witnesses: WitnessVerdict[] = [];
    for (const { host, heads } of testimonies) {
      const compared = compareHeads(sql, generation, heads);
      const wrong = compared.find(({ verdict }) => verdict === 'CONTRADICTS');
      if (wrong) fault ??= faultOf(wrong, `the head that the agent of ${host.name} keeps`);
      witnesses.push({
        host,
        held: heads.length,
        branched: compared.filter(({ verdict }) => verdict === 'BRANCHED').length,
        newest: heads.at(-1) ?? null,
        contradiction: wrong?.head ?? null,
      });
    }
    const kept = testimonies.flatMap(({ host, heads }) =>
      heads.map((head) => ({ head, from: `the agent of ${host.name}` })),
    );
    fault ??= await verifySeals({ read, folder: sealed, publicKey, generation, kept });
    return { ...chain, ok: fault === null, fault, signedHeads, witnesses };
  };
