/**
 * Follows the chain block by block and keeps the receipts of our transactions: one call per block, however many are open.
 * Each look proves that the block it ended with last time is still part of the chain, or begins anew.
 */
import type { Attempt } from '@facilitator/engine';
import { askAll, handing, type Question, type Rpc } from '../rpc/rpc.ts';
import { type BlockFound, blockReceiptsQuestion, type Header, headerQuestion } from './block.ts';
import type { Receipt } from './receipt.ts';

type Look = {
  /** By transaction, each in a block of the chain that `head` ends. */
  readonly found: ReadonlyMap<string, Receipt>;
  /** Those whose receipts must be asked for, because they may be in blocks that were not followed. */
  readonly unfollowed: readonly Attempt[];
  /** Undefined when the node did not say. */
  readonly head: bigint | undefined;
};

export type BlockWatch = {
  /** Whether so many open attempts, which carry so many payments, are looked for by block. */
  suits(attempts: number, payments: number): boolean;
  /** Undefined when the network's nodes cannot do this. `alsoAsk` goes along. */
  look(attempts: readonly Attempt[], alsoAsk: readonly Question<void>[]): Promise<Look | undefined>;
  /** A receipt that was asked for: the block it is in will not be read again. */
  keep(receipt: Receipt): void;
  /** A receipt it gave turned out not to be of this chain. */
  distrust(): void;
};

/** Up to here attempts are asked for one by one, unless they carry many payments: under such a load each call counts. */
const FEW = 8;
const FEW_IN_ANY_CASE = 2;
const MANY_PAYMENTS = 40;
/** Looks with few attempts after which following ends: numbers go up and down with each block. */
const LINGER = 20;
/** At the first look blocks begin to be followed; attempts first seen at the second may be in the one before. */
const LOOKS_TO_FOLLOW = 2;
const FEWEST_BLOCKS = 4;
const MOST_BLOCKS = 32n;
const KEPT_BLOCKS = 64n;
/** Looks that failed in a row after which following begins anew, and new beginnings after which it is given up. */
const MOST_FAILURES = 3;

export type BlockWatchOptions = {
  readonly rpc: Rpc;
  /** Lower-case: whose transactions matter. */
  readonly signers: readonly string[];
  /** Told of the newest block's time, in seconds. */
  readonly onBlockTime: (time: bigint) => void;
};

export function createBlockWatch({ rpc, signers, onBlockTime }: BlockWatchOptions): BlockWatch {
  const senders = new Set(signers);
  const found = new Map<string, Receipt>();
  let followed = new Set<string>();
  let tip: Header | undefined;
  let looks = 0;
  let few = LINGER;
  let failures = 0;
  let beginnings = 0;
  let isGivenUp = false;

  function begin(at: Header | undefined): void {
    tip = at;
    looks = 0;
    failures = 0;
    followed = new Set();
    found.clear();
  }

  /** From the last look's block to `head`. */
  async function follow(last: Header, head: Header, most: bigint): Promise<void> {
    const news = head.number - last.number;
    if (news < 0n || (news === 0n && head.hash === last.hash)) return;
    if (news === 0n || news > most || (news === 1n && head.parent !== last.hash)) return begin(head);
    const blocks = Array.from({ length: Number(news) }, (_, index) => last.number + BigInt(index) + 1n);
    const answers: BlockFound[] = [];
    let still: Header | undefined = last;
    const isStill = handing(headerQuestion(last.number), (told) => {
      still = told;
    });
    await askAll<void>(rpc, [
      ...blocks.map((block) =>
        handing(blockReceiptsQuestion(block, senders), (answer) => {
          answers.push(answer);
        }),
      ),
      // The parent's hash says it where only one block is new.
      ...(news === 1n ? [] : [isStill]),
    ]);
    take(answers, still, last, head);
  }

  function take(answers: readonly BlockFound[], still: Header | undefined, last: Header, head: Header): void {
    const newest = answers.at(-1);
    const isOther = newest?.status === 'found' && newest.hash !== undefined && newest.hash !== head.hash;
    if (answers.some(({ status }) => status === 'unsupported')) isGivenUp = true;
    else if (isOther || (still !== undefined && still.hash !== last.hash)) begin(head);
    else if (still === undefined || answers.some(({ status }) => status === 'unknown')) failed(head);
    else {
      for (const answer of answers)
        if (answer.status === 'found') for (const receipt of answer.ours) found.set(receipt.hash, receipt);
      tip = head;
      failures = 0;
      beginnings = 0;
    }
  }

  function failed(head: Header): void {
    failures += 1;
    if (failures < MOST_FAILURES) return;
    beginnings += 1;
    isGivenUp = beginnings >= MOST_FAILURES;
    begin(head);
  }

  /** Receipts are kept a while before anybody asks: a transaction may be mined before it is looked for the first time. */
  function forget(wanted: ReadonlySet<string>, head: bigint): void {
    for (const [hash, { block }] of found) if (!wanted.has(hash) && block + KEPT_BLOCKS < head) found.delete(hash);
  }

  return {
    suits(attempts, payments) {
      const isMany = attempts > FEW || (attempts > FEW_IN_ANY_CASE && payments > MANY_PAYMENTS);
      few = isMany ? 0 : few + 1;
      if (few >= LINGER) begin(undefined);
      return !isGivenUp && few < LINGER;
    },
    async look(attempts, alsoAsk) {
      let head: Header | undefined;
      const newest = handing(headerQuestion('latest'), (told) => {
        head = told;
      });
      await askAll<void>(rpc, [newest, ...alsoAsk]);
      if (head === undefined) return { found, unfollowed: [], head: undefined };
      onBlockTime(head.time);
      const most = BigInt(Math.max(FEWEST_BLOCKS, attempts.length));
      if (tip === undefined) begin(head);
      else await follow(tip, head, most < MOST_BLOCKS ? most : MOST_BLOCKS);
      if (isGivenUp) return undefined;
      const wanted = new Set(attempts.map(({ hash }) => hash));
      const unfollowed = looks < LOOKS_TO_FOLLOW ? attempts.filter(({ hash }) => !followed.has(hash)) : [];
      followed = wanted;
      looks += 1;
      forget(wanted, head.number);
      return { found, unfollowed, head: head.number };
    },
    keep(receipt) {
      // Later blocks are still to be read, perhaps others than this one.
      if (tip !== undefined && receipt.block <= tip.number) found.set(receipt.hash, receipt);
    },
    distrust: () => begin(undefined),
  };
}
