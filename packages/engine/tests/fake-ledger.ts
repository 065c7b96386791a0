/**
 * A chain small enough to check against: accounts, nonces, a pool, blocks, reorganisations, and nodes that lose, delay and
 * lie. It keeps its own truth about which authorization moved how often, which the tests compare with what callers were told.
 */
import type { Authorization, Refusal } from '../src/ports/chain.ts';
import type { Clock } from '../src/ports/clock.ts';

type Transaction = {
  readonly hash: string;
  readonly signer: string;
  readonly nonce: bigint;
  readonly anchors: readonly string[];
  readonly fee?: number;
  /** Decided when it was mined: those of its payments that did not go through. */
  readonly spoiled?: readonly string[];
};
type Block = {
  readonly number: number;
  /** Unlike any other's, on whichever branch. */
  readonly hash: string;
  readonly time: bigint;
  readonly transactions: readonly Transaction[];
};

/** How nodes treat the next calls. Everything is honest when all is off. */
export type Weather = {
  /** Bytes reach the pool and the answer is lost. */
  loseAnswers: boolean;
  /** The answer says accepted and the bytes are gone. */
  dropBytes: boolean;
  /** Bytes are refused, provably. */
  refuseBytes: boolean;
  /** Reads come from this many blocks ago. */
  staleBy: number;
  /** Reads do not answer. */
  deaf: boolean;
  /** Reading receipts says null though the transaction is there. */
  blind: boolean;
};

/** Payments that fit into one transaction, unless a test says otherwise. */
export const CAPACITY = 4;

export class FakeLedger {
  blocks: Block[];
  pool = new Map<string, Transaction>();
  weather: Weather = {
    loseAnswers: false,
    dropBytes: false,
    refuseBytes: false,
    staleBy: 0,
    deaf: false,
    blind: false,
  };
  /** Signers that hold nothing: balances say so, and nodes refuse what they sign. */
  readonly dry = new Set<string>();
  /** Signers that do not sign. */
  readonly failing = new Set<string>();
  /** Why every payment costs more than it may. */
  dear: string | undefined;
  /** How often balances were asked for. */
  looks = 0;
  /** How often a payment was looked for, whichever transaction used it. */
  locates = 0;
  /** Where a payment is, whichever transaction used it, is answered when this has resolved. */
  holdSearch: Promise<void> = Promise.resolve();
  /** Milliseconds that the same takes. */
  searchMs = 0;
  /** Payments that nodes cannot find, unless the transaction that used them is known. */
  readonly unlocatable = new Set<string>();
  /** What is seen of transactions is answered when this has resolved. */
  holdLooks: Promise<void> = Promise.resolve();
  /** A signer's next nonce is answered when this has resolved, or not when it rejects. */
  holdCount: () => Promise<void> = () => Promise.resolve();
  /** What signers' next nonces are is not answered. */
  countless = false;
  /** Signers sign when this has resolved. */
  holdKeys: Promise<void> = Promise.resolve();
  /** Every transaction of ours that a node ever had. */
  readonly everBroadcast = new Set<string>();
  /** Of what was signed for, in order: those that only the chain can judge. */
  readonly signatures: string[] = [];
  /** Payments that fail by themselves and leave their company alone. */
  readonly cannotPay = new Set<string>();
  /** Payments that make the whole transaction revert. */
  readonly poison = new Set<string>();
  /** Verification answers when this has resolved. */
  hold: Promise<void> = Promise.resolve();
  /** What the token says of a payment now. */
  stopped: (authorization: Authorization) => Refusal | undefined = () => undefined;
  /** What the state before a block says of a payment that failed in it. */
  explanation: Refusal | undefined;
  /** Nodes show all payments of a transaction the same transfer. */
  muddled = false;
  /** Payments that fit into one transaction. */
  capacity = CAPACITY;
  readonly expiries = new Map<string, bigint>();
  private foreign = 0;
  private forged = 0;
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
    this.blocks = [{ number: 0, hash: '0xb0', time: clock.now(), transactions: [] }];
  }

  private push(transactions: readonly Transaction[]): void {
    this.forged += 1;
    const number = this.head.number + 1;
    this.blocks.push({ number, hash: `0xb${this.forged}`, time: this.clock.now(), transactions });
  }

  get head(): Block {
    return this.blocks[this.blocks.length - 1] as Block;
  }

  count(signer: string, upTo = this.head.number): bigint {
    return BigInt(this.included(upTo).filter((each) => each.signer === signer).length);
  }

  included(upTo = this.head.number): Transaction[] {
    return this.blocks.filter((block) => block.number <= upTo).flatMap((block) => block.transactions);
  }

  /** Authorization -> the transaction that moved it, on the canonical chain up to a block. */
  moved(upTo = this.head.number): Map<string, { hash: string; block: number; index: number }> {
    const moved = new Map<string, { hash: string; block: number; index: number }>();
    for (const block of this.blocks.filter((each) => each.number <= upTo))
      for (const transaction of block.transactions)
        for (const [index, anchor] of transaction.anchors.entries()) {
          const expires = this.expiries.get(anchor) ?? 0n;
          if (!moved.has(anchor) && block.time < expires && !transaction.spoiled?.includes(anchor))
            moved.set(anchor, { hash: transaction.hash, block: block.number, index });
        }
    return moved;
  }

  mine(): void {
    const transactions: Transaction[] = [];
    for (;;) {
      const next = [...this.pool.values()].find(
        (each) =>
          each.nonce ===
          this.count(each.signer) + BigInt(transactions.filter((one) => one.signer === each.signer).length),
      );
      if (next === undefined) break;
      this.pool.delete(next.hash);
      const reverts = next.anchors.some((anchor) => this.poison.has(anchor));
      transactions.push({ ...next, spoiled: next.anchors.filter((anchor) => reverts || this.cannotPay.has(anchor)) });
    }
    this.push(transactions);
    for (const [hash, each] of this.pool) if (each.nonce < this.count(each.signer)) this.pool.delete(hash);
  }

  /** Undoes blocks. Their transactions return to the pool, or are forgotten. */
  reorganise(depth: number, forget: boolean): void {
    for (let i = 0; i < depth && this.blocks.length > 1; i += 1) {
      const undone = this.blocks.pop() as Block;
      for (const transaction of undone.transactions)
        if (transaction.signer === 'stranger' || !forget) this.pool.set(transaction.hash, transaction);
    }
    for (let i = 0; i < depth; i += 1) this.push([]);
  }

  /** Somebody else sends the payer's authorization first. */
  frontRun(anchor: string): void {
    this.foreign += 1;
    const nonce =
      this.count('stranger') + BigInt([...this.pool.values()].filter((each) => each.signer === 'stranger').length);
    const hash = `0xf${this.foreign}`;
    this.pool.set(hash, { hash, signer: 'stranger', nonce, anchors: [anchor] });
  }

  /** The facilitator's key is used by something else. */
  stealNonce(signer: string): void {
    this.foreign += 1;
    const hash = `0xe${this.foreign}`;
    const nonce = this.count(signer);
    for (const [each, transaction] of this.pool)
      if (transaction.signer === signer && transaction.nonce === nonce) this.pool.delete(each);
    this.pool.set(hash, { hash, signer, nonce, anchors: [] });
  }

  receive(transaction: Transaction): void {
    this.everBroadcast.add(transaction.hash);
    if (transaction.nonce < this.count(transaction.signer)) return;
    const rival = [...this.pool.values()].find(
      (each) => each.signer === transaction.signer && each.nonce === transaction.nonce,
    );
    if (rival !== undefined && (rival.fee ?? 1) >= (transaction.fee ?? 1)) return;
    if (rival !== undefined) this.pool.delete(rival.hash);
    this.pool.set(transaction.hash, transaction);
  }
}
