/** What the chain shows of our transactions. */
import type { Attempt, Sighting } from '@facilitator/engine';
import type { Confirmation } from '@facilitator/protocol';
import type { EvmAuthorization } from '../authorization.ts';
import { quantityIn } from '../rpc/answers.ts';
import { askAll, handing, type Question, type Rpc } from '../rpc/rpc.ts';
import { feesOf } from '../sign/transaction.ts';
import { attribute, paymentsIn, type SideOf } from './attribution.ts';
import { headerQuestion } from './block.ts';
import type { BlockWatch } from './block-watch.ts';
import { type Finality, finalityAt, finalityQuestion } from './finality.ts';
import { type Receipt, receiptQuestion } from './receipt.ts';
import { findingQuestion, type Suspicions } from './suspicion.ts';

export type ObserveOptions = {
  readonly rpc: Rpc;
  readonly confirmation: Confirmation;
  readonly blockMs: number;
  readonly suspicions: Suspicions;
  readonly watch: BlockWatch;
  readonly sideOf: SideOf;
  /** Wei that a transaction with so many payments was charged for its data. */
  readonly onDataFee: (wei: bigint, payments: number) => void;
};

/** What was found, and what may be missing for good. */
type Seen = {
  readonly receipts: Map<string, Receipt>;
  readonly finality: Finality | undefined;
  /** Not found, and not known to be impossible yet. */
  readonly candidates: readonly Attempt[];
};

/** Up to here each receipt is asked for at once. Above, the signers' counts first say which can exist. */
const FEW = 2;

export async function observe(
  attempts: readonly Attempt[],
  items: readonly (readonly EvmAuthorization[])[],
  options: ObserveOptions,
): Promise<readonly Sighting[]> {
  const { rpc, suspicions, watch } = options;
  suspicions.keep(new Set(attempts.map(({ hash }) => hash)));
  const payments = attempts.reduce((sum, attempt) => sum + attempt.items.length, 0);
  const byBlock = watch.suits(attempts.length, payments) ? await lookByBlock(attempts, options) : undefined;
  const { receipts, finality, candidates } = byBlock ?? (await lookByReceipt(attempts, options));

  const tag = finality?.tag;
  const superseded = new Set<string>();
  const due = candidates.filter(({ hash }) => !receipts.has(hash) && suspicions.isDue(hash));
  const suspects = byBlock === undefined ? due : await possible(due, rpc);
  if (tag !== undefined) await askAll(rpc, suspects.map(suspect(tag)));
  if (byBlock !== undefined) for (const receipt of receipts.values()) watch.keep(receipt);

  return attempts.map((attempt, index): Sighting => {
    const receipt = receipts.get(attempt.hash);
    if (receipt !== undefined && receipt.l1Fee > 0n) options.onDataFee(receipt.l1Fee, attempt.items.length);
    if (receipt !== undefined) return included(attempt, items[index] ?? [], receipt, finality, options);
    return superseded.has(attempt.hash) ? { status: 'superseded' } : { status: 'unseen' };
  });

  function suspect(at: string) {
    return (attempt: Attempt): Question<void> =>
      handing(findingQuestion(attempt, at), (finding) => {
        if (finding.receipt.status === 'found') receipts.set(attempt.hash, finding.receipt.receipt);
        if (suspicions.confirm(attempt.hash, finding)) superseded.add(attempt.hash);
      });
  }
}

async function lookByReceipt(attempts: readonly Attempt[], options: ObserveOptions): Promise<Seen> {
  const { rpc, confirmation, blockMs } = options;
  const candidates = attempts.length <= FEW ? attempts : await possible(attempts, rpc);
  const receipts = new Map<string, Receipt>();
  let finality: Finality | undefined;
  await askAll<void>(rpc, [
    handing(finalityQuestion(confirmation, blockMs), (told) => {
      finality = told;
    }),
    ...candidates.map((attempt) => receiptInto(receipts, attempt)),
  ]);
  return { receipts, finality, candidates };
}

async function lookByBlock(attempts: readonly Attempt[], options: ObserveOptions): Promise<Seen | undefined> {
  const { rpc, confirmation, blockMs, watch } = options;
  let finality: Finality | undefined;
  const safe = handing(finalityQuestion(confirmation, blockMs), (told) => {
    finality = told;
  });
  const look = await watch.look(attempts, confirmation === 'safe' ? [safe] : []);
  if (look === undefined) return undefined;
  if (look.head !== undefined) finality ??= finalityAt(look.head, confirmation, blockMs);
  const receipts = new Map<string, Receipt>();
  for (const { hash } of attempts) {
    const receipt = look.found.get(hash);
    if (receipt !== undefined) receipts.set(hash, receipt);
  }
  const still = await stillThere([...receipts.values()], finality, options);
  if (still === 'gone') {
    watch.distrust();
    receipts.clear();
  }
  const unfollowed = await possible(look.unfollowed, rpc);
  await askAll(
    rpc,
    unfollowed.map((attempt) => receiptInto(receipts, attempt)),
  );
  return { receipts, finality: still === 'unknown' ? undefined : finality, candidates: attempts };
}

/**
 * Before a receipt kept from an earlier look counts for good, the chain is asked whether its block is still part of it.
 * Where inclusion is enough it counts when it is seen, as any other.
 */
async function stillThere(
  receipts: readonly Receipt[],
  finality: Finality | undefined,
  { rpc, confirmation }: ObserveOptions,
): Promise<'there' | 'gone' | 'unknown'> {
  if (confirmation === 'included') return 'there';
  const final = receipts.filter(({ block }) => finality?.isFinal(block));
  const blocks = [...new Set(final.map(({ block }) => block))];
  const headers = await askAll(rpc, blocks.map(headerQuestion));
  // Two kept receipts may name two blocks of one height: at most one of them is part of the chain.
  const isGone = ({ block, blockHash }: Receipt) =>
    headers.some((header) => header?.number === block && header.hash !== blockHash);
  if (final.some(isGone)) return 'gone';
  return headers.every((header, index) => header?.number === blocks[index]) ? 'there' : 'unknown';
}

function receiptInto(receipts: Map<string, Receipt>, { hash }: Attempt): Question<void> {
  return handing(receiptQuestion(hash), (found) => {
    if (found.status === 'found') receipts.set(hash, found.receipt);
  });
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
  { sideOf }: Pick<ObserveOptions, 'sideOf'>,
): Sighting {
  const { block, blockHash, gasUsed, gasPrice, l1Fee } = receipt;
  return {
    status: 'included',
    block,
    blockHash,
    proofs: attribute(receipt, items, attempt.items.length, sideOf),
    cost: gasUsed * (gasPrice ?? offeredPrice(attempt)) + l1Fee,
    made: paymentsIn(receipt),
    final: finality?.isFinal(block) ?? false,
  };
}

/** What the transaction itself offered, for nodes whose receipts do not say what was paid: those with legacy fees. */
function offeredPrice({ bytes }: Attempt): bigint {
  const fees = feesOf(bytes);
  return fees.type === 'legacy' ? fees.gasPrice : fees.maxFeePerGas;
}
