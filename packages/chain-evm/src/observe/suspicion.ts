/** Proving that a transaction will never be mined: its nonce is used for good, and not by it. */
import type { Attempt, Clock } from '@facilitator/engine';
import { quantityIn } from '../rpc/answers.ts';
import type { Question } from '../rpc/rpc.ts';
import { type ReceiptFound, receiptQuestion } from './receipt.ts';

/**
 * Nodes behind one address need not agree. One that counts the nonce and another that has not the receipt yet would look
 * like proof, so it takes the same finding twice, the second time under a later head.
 */
export type Suspicions = {
  /** Whether it is time to ask about an attempt without a receipt. Not at once: most are mined in the next blocks. */
  isDue(hash: string): boolean;
  /** Takes a finding; true when it completes the proof. */
  confirm(hash: string, finding: Finding): boolean;
  /** Forgets attempts nobody watches any more. */
  keep(hashes: ReadonlySet<string>): void;
};

export type Finding = {
  readonly head: bigint | undefined;
  /** The signer's transaction count at a block that stays. */
  readonly count: bigint | undefined;
  readonly nonce: bigint;
  /** Looked for after the count was read. */
  readonly receipt: ReceiptFound;
};

type Suspicion = { readonly since: number; askedAt: number; head: bigint | undefined };

const PATIENCE_BLOCKS = 3;

export function createSuspicions(clock: Clock, blockMs: number): Suspicions {
  const suspicions = new Map<string, Suspicion>();
  return {
    isDue(hash) {
      const now = clock.milliseconds();
      const known = suspicions.get(hash);
      if (known === undefined) {
        suspicions.set(hash, { since: now, askedAt: now, head: undefined });
        return false;
      }
      if (now - known.since < blockMs * PATIENCE_BLOCKS || now - known.askedAt < blockMs) return false;
      known.askedAt = now;
      return true;
    },
    confirm(hash, { head, count, nonce, receipt }) {
      const known = suspicions.get(hash);
      if (known === undefined || head === undefined || count === undefined || receipt.status === 'unknown')
        return false;
      if (receipt.status === 'found' || count <= nonce) {
        known.head = undefined;
        return false;
      }
      if (known.head !== undefined && head > known.head) return true;
      known.head ??= head;
      return false;
    },
    keep(hashes) {
      for (const hash of suspicions.keys()) if (!hashes.has(hash)) suspicions.delete(hash);
    },
  };
}

/** Head, then count, then receipt: a node that answers in order cannot have mined it in between unseen. */
export function findingQuestion({ hash, signer, nonce }: Attempt, tag: string): Question<Finding> {
  const receipt = receiptQuestion(hash);
  return {
    calls: [
      { method: 'eth_blockNumber', params: [] },
      { method: 'eth_getTransactionCount', params: [signer, tag] },
      ...receipt.calls,
    ],
    read([head, count, ...rest]) {
      return { head: quantityIn(head), count: quantityIn(count), nonce, receipt: receipt.read(rest) };
    },
  };
}
