/** What the chain shows of our transactions. */
import type { Attempt, Sighting } from '@facilitator/engine';
import type { Confirmation } from '@facilitator/protocol';
import type { EvmAuthorization } from '../authorization.ts';
import { quantityIn } from '../rpc/answers.ts';
import { askAll, handing, type Question, type Rpc } from '../rpc/rpc.ts';
import { feesOf } from '../sign/transaction.ts';
import { attribute } from './attribution.ts';
import { type Finality, finalityQuestion } from './finality.ts';
import { type Receipt, type ReceiptFound, receiptQuestion } from './receipt.ts';
import { findingQuestion, type Suspicions } from './suspicion.ts';

export type ObserveOptions = {
  readonly rpc: Rpc;
  readonly confirmation: Confirmation;
  readonly blockMs: number;
  readonly suspicions: Suspicions;
};

/** Up to here each receipt is asked for at once. Above, the signers' counts first say which can exist. */
const FEW = 8;

export async function observe(
  attempts: readonly Attempt[],
  items: readonly (readonly EvmAuthorization[])[],
  options: ObserveOptions,
): Promise<readonly Sighting[]> {
  const { rpc, suspicions } = options;
  suspicions.keep(new Set(attempts.map(({ hash }) => hash)));
  const candidates = attempts.length <= FEW ? attempts : await possible(attempts, rpc);

  const found = new Map<string, ReceiptFound>();
  let finality: Finality | undefined;
  await askAll(rpc, [
    handing(finalityQuestion(options.confirmation, options.blockMs), (told) => {
      finality = told;
    }),
    ...candidates.map(({ hash }) => handing(receiptQuestion(hash), (receipt) => found.set(hash, receipt))),
  ]);

  const tag = finality?.tag;
  const superseded = new Set<string>();
  const suspects = candidates.filter(({ hash }) => found.get(hash)?.status !== 'found' && suspicions.isDue(hash));
  if (tag !== undefined) await askAll(rpc, suspects.map(suspect(tag)));

  return attempts.map((attempt, index): Sighting => {
    const receipt = found.get(attempt.hash);
    if (receipt?.status === 'found') return included(attempt, items[index] ?? [], receipt.receipt, finality);
    return superseded.has(attempt.hash) ? { status: 'superseded' } : { status: 'unseen' };
  });

  function suspect(at: string) {
    return (attempt: Attempt): Question<void> =>
      handing(findingQuestion(attempt, at), (finding) => {
        if (finding.receipt.status === 'found') found.set(attempt.hash, finding.receipt);
        if (suspicions.confirm(attempt.hash, finding)) superseded.add(attempt.hash);
      });
  }
}

/** Attempts whose nonce is below their signer's count: the others cannot have a receipt. */
async function possible(attempts: readonly Attempt[], rpc: Rpc): Promise<readonly Attempt[]> {
  const counts = new Map<string, bigint | undefined>();
  const signers = [...new Set(attempts.map(({ signer }) => signer))];
  await askAll(
    rpc,
    signers.map((signer) => ({
      calls: [{ method: 'eth_getTransactionCount', params: [signer, 'latest'] }],
      read: ([answer]) => {
        counts.set(signer, quantityIn(answer));
      },
    })),
  );
  return attempts.filter(({ signer, nonce }) => nonce < (counts.get(signer) ?? 0n));
}

function included(
  attempt: Attempt,
  items: readonly EvmAuthorization[],
  receipt: Receipt,
  finality: Finality | undefined,
): Sighting {
  const { block, blockHash, gasUsed, gasPrice, l1Fee } = receipt;
  return {
    status: 'included',
    block,
    blockHash,
    proofs: attribute(receipt, items, attempt.items.length),
    cost: gasUsed * (gasPrice ?? offeredPrice(attempt)) + l1Fee,
    final: finality?.isFinal(block) ?? false,
  };
}

/** What the transaction itself offered, for nodes whose receipts do not say what was paid: those with legacy fees. */
function offeredPrice({ bytes }: Attempt): bigint {
  const fees = feesOf(bytes);
  return fees.type === 'legacy' ? fees.gasPrice : fees.maxFeePerGas;
}
