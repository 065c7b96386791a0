/** From what the chain shows to what happened to one payment. */
import type { Attempt, Authorization, Chain, Proof, Verdict } from '../ports/chain.ts';
import type { Conclusion } from '../ports/journal.ts';

export type Judgement =
  | { readonly status: 'ended'; readonly conclusion: Conclusion }
  /** Proven unused and still valid: another attempt may carry it. */
  | { readonly status: 'payable' }
  /** No proof either way. */
  | { readonly status: 'undecided' };

/** A payment whose transaction is included beyond the confirmation policy. */
export async function judgeIncluded<A extends Authorization>(
  chain: Chain<A>,
  ask: (authorization: A) => Promise<Verdict>,
  authorization: A,
  { attempt, block }: { readonly attempt: Attempt; readonly block: bigint },
  proof: Proof | undefined,
): Promise<Judgement> {
  const transaction = attempt.hash;
  if (proof === undefined) throw new Error(`no proof for ${authorization.anchor} in ${transaction}`);
  if (proof.status === 'paid') return paid(transaction, proof.locator);
  // Our transaction did not move it. Somebody else's may have: anyone can send a signed authorization.
  const lost = await judgeLost(chain, authorization, transaction);
  if (lost.status !== 'payable') return lost;
  const verdict = await ask(authorization);
  if (verdict.status === 'unavailable') return { status: 'undecided' };
  if (verdict.status === 'valid' && attempt.items.length > 1) return { status: 'payable' };
  // The state before its block says best why; what would happen now comes next.
  const then = await chain.explain(authorization, block);
  const { reason, message } = then ?? (verdict.status === 'refused' ? verdict : proof);
  return { status: 'ended', conclusion: { state: 'failed', transaction, reason, message } };
}

/** A payment that none of our transactions can carry any more. */
export async function judgeLost<A extends Authorization>(
  chain: Chain<A>,
  authorization: A,
  transaction: string,
): Promise<Judgement> {
  const where = await chain.locate(authorization);
  switch (where.status) {
    case 'paid':
      return paid(where.transaction, where.locator);
    case 'void':
      return {
        status: 'ended',
        conclusion: { state: 'failed', transaction, reason: where.reason, message: where.message },
      };
    case 'unused': {
      if (!where.expired) return { status: 'payable' };
      const message =
        'The authorization expired on chain before the transaction was mined. It was not paid and never can be.';
      return { status: 'ended', conclusion: { state: 'failed', transaction, reason: 'payment_expired', message } };
    }
    case 'unknown':
      return { status: 'undecided' };
  }
}

function paid(transaction: string, locator: Extract<Conclusion, { state: 'settled' }>['locator']): Judgement {
  return { status: 'ended', conclusion: { state: 'settled', transaction, locator, delivered: false } };
}
