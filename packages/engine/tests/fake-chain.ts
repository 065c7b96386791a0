/**
 * A chain small enough to check against: accounts, nonces, a pool, blocks, reorganisations, and nodes that lose, delay and
 * lie. It keeps its own truth about which authorization moved how often, which the tests compare with what callers were told.
 */
import type { Batching, Locator, Payment } from '@facilitator/protocol';
import type { Attempt, Authorization, Broadcast, Chain, Refusal, Sighting, Whereabouts } from '../src/ports/chain.ts';
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

export const NETWORK = 'eip155:31337' as const;
export const CONFIRMATIONS = 2;
export const CAPACITY = 4;
export const REORG_DEPTH = 12;
/** Native units: what a payment may cost, what a transaction does cost, what a signer holds. */
export const CEILING = 50_000n;
export const COST = 21_000n;
export const RICH = 10n ** 18n;

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
  /** Every transaction of ours that a node ever had. */
  readonly everBroadcast = new Set<string>();
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
  /** Payments that fit into one transaction. */
  capacity = CAPACITY;
  readonly expiries = new Map<string, bigint>();
  private foreign = 0;
  private forged = 0;
  private readonly clock: Clock;

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

/** The engine's view of the ledger, cut off when its process dies. */
export function fakeChain(ledger: FakeLedger, signers: readonly string[], alive: () => boolean): Chain<Authorization> {
  const hang = () => new Promise<never>(() => {});
  const view = () => Math.max(0, ledger.head.number - ledger.weather.staleBy);
  const final = () => Math.max(0, view() - CONFIRMATIONS);
  const locator = (anchor: string, logIndex: number, batchSize: number): Locator => ({
    logIndex,
    authorizationNonce: anchor,
    batchSize,
  });

  function sight(attempt: Attempt, items: readonly Authorization[]): Sighting {
    if (ledger.weather.deaf || ledger.weather.blind) return { status: 'unseen' };
    const block = ledger.blocks.find(
      (each) => each.number <= view() && each.transactions.some((transaction) => transaction.hash === attempt.hash),
    );
    if (block === undefined)
      return ledger.count(attempt.signer, final()) > attempt.nonce ? { status: 'superseded' } : { status: 'unseen' };
    const moved = ledger.moved(view());
    return {
      status: 'included',
      block: BigInt(block.number),
      blockHash: block.hash,
      made: [...moved.values()].filter(({ hash }) => hash === attempt.hash).length,
      cost: COST,
      final: block.number <= final(),
      proofs: items.map((item) => {
        const at = moved.get(item.anchor);
        return at?.hash === attempt.hash
          ? { status: 'paid', locator: locator(item.anchor, at.index, attempt.items.length) }
          : { status: 'unpaid', reason: 'invalid_exact_evm_transaction_failed', message: 'reverted' };
      }),
    };
  }

  function find(authorization: Authorization): Whereabouts {
    if (ledger.weather.deaf || ledger.weather.blind) return { status: 'unknown' };
    const sure = ledger.moved(final()).get(authorization.anchor);
    if (sure !== undefined)
      return { status: 'paid', transaction: sure.hash, locator: locator(authorization.anchor, sure.index, 1) };
    if (ledger.moved(view()).has(authorization.anchor)) return { status: 'unknown' };
    const time = ledger.blocks.find((block) => block.number === final())?.time ?? 0n;
    return { status: 'unused', expired: time >= authorization.expires };
  }

  return {
    network: NETWORK,
    signers,
    blockMs: 1_000,
    reorgDepth: REORG_DEPTH,
    rhythm: () => undefined,
    open: async () => (ledger.weather.deaf ? { status: 'unreachable', reason: 'deaf' } : { status: 'open', notes: [] }),
    decode: (payment: Payment) => ({ status: 'authorization', authorization: authorizationOf(payment) }),
    untimely: (authorization, now) =>
      authorization.expires > now + 6n ? undefined : { status: 'refused', reason: 'payment_expired', message: 'late' },
    stow: (authorization) =>
      JSON.stringify(authorization, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    recall: (stored) =>
      JSON.parse(stored, (key, value: unknown) =>
        (key === 'amount' || key === 'expires') && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value,
      ) as Authorization,
    async verify(batch) {
      if (!alive()) return hang();
      await ledger.hold;
      return batch.map((each) => {
        if (ledger.weather.deaf) return { status: 'unavailable', detail: 'deaf' };
        if ('signature' in each && !String(each.signature).startsWith('good'))
          return { status: 'refused', reason: 'invalid_exact_evm_signature', message: 'not the payer’s' };
        if (ledger.moved(view()).has(each.anchor))
          return { status: 'refused', reason: 'invalid_exact_evm_nonce_already_used', message: 'used' };
        return ledger.stopped(each) ?? { status: 'valid' };
      });
    },
    async explain() {
      if (!alive()) return hang();
      return ledger.explanation;
    },
    async floor(signer) {
      if (!alive()) return hang();
      if (ledger.weather.deaf) throw new Error('deaf');
      return ledger.count(signer, view());
    },
    async balances() {
      if (!alive()) return hang();
      ledger.looks += 1;
      if (ledger.weather.deaf) throw new Error('deaf');
      return signers.map((signer) => (ledger.dry.has(signer) ? 0n : RICH));
    },
    ceiling: () => CEILING,
    tooDear: () => ledger.dear,
    capacity: () => ledger.capacity,
    groupable: (authorization) => !authorization.nonce.startsWith('solo'),
    async replace(attempt, items) {
      const { fee, ...rest } = JSON.parse(attempt.bytes) as { fee?: number };
      const anchors = items === 'same' ? {} : { anchors: items.map((item) => item.anchor) };
      const bytes = JSON.stringify({ ...rest, ...anchors, fee: (fee ?? 1) + 1 });
      return { hash: `0x${Buffer.from(bytes).toString('hex')}`, bytes };
    },
    async sign(signer, nonce, items) {
      if (ledger.failing.has(signer)) throw new Error('the key is disabled');
      const anchors = items.map((item) => item.anchor);
      const bytes = JSON.stringify({ signer, nonce: `${nonce}`, anchors });
      return { hash: `0x${Buffer.from(bytes).toString('hex')}`, bytes };
    },
    async broadcast(attempt): Promise<Broadcast> {
      if (!alive()) return hang();
      if (ledger.dry.has(attempt.signer)) return { status: 'refused', detail: 'insufficient funds' };
      if (ledger.weather.refuseBytes) return { status: 'refused', detail: 'pool full' };
      if (ledger.weather.dropBytes) return { status: 'accepted' };
      const { anchors, fee = 1 } = JSON.parse(attempt.bytes) as { anchors: string[]; fee?: number };
      ledger.receive({ hash: attempt.hash, signer: attempt.signer, nonce: attempt.nonce, anchors, fee });
      return ledger.weather.loseAnswers ? { status: 'unknown', detail: 'timeout' } : { status: 'accepted' };
    },
    async observe(attempts, items) {
      if (!alive()) return hang();
      return attempts.map((attempt, index) => sight(attempt, items[index] ?? []));
    },
    async standing(blocks) {
      if (!alive()) return hang();
      return blocks.map(({ block, blockHash }) => {
        const known = ledger.blocks.find(({ number }) => BigInt(number) === block);
        if (ledger.weather.deaf || known === undefined || known.number > view()) return 'unknown';
        if (known.hash !== blockHash) return 'gone';
        return known.number + REORG_DEPTH <= view() ? 'deep' : 'there';
      });
    },
    async locate(authorization) {
      if (!alive()) return hang();
      return find(authorization);
    },
  };
}

/** `signature`: one that only the chain can judge; it finds those good that begin with `good`. */
type FakePayload = {
  readonly payer: string;
  readonly nonce: string;
  readonly expires: bigint;
  readonly signature?: string;
};

/** The fake family's payload is the authorization's few terms. */
export function authorizationOf(payment: Payment): Authorization & { readonly signature?: string } {
  const { payer, nonce, expires, signature } = payment.payload as FakePayload;
  return {
    anchor: `${payment.terms.network}:${payer}:${nonce}`,
    network: payment.terms.network,
    asset: payment.terms.asset,
    payer,
    payTo: payment.terms.payTo,
    amount: payment.terms.amount,
    nonce,
    expires,
    batching: payment.terms.batching ?? 'auto',
    proven: signature === undefined,
    ...(signature === undefined ? {} : { signature }),
  };
}

/** The same with a signature that only the chain can judge. */
export function unprovenPayment(nonce: string, expires: bigint, signature: string): Payment {
  const payment = fakePayment(nonce, expires);
  return { ...payment, payload: { ...(payment.payload as FakePayload), signature } };
}

type Particulars = {
  readonly url?: string;
  readonly batching?: Batching;
  readonly payer?: string;
  readonly payTo?: string;
  readonly amount?: bigint;
};

export function fakePayment(nonce: string, expires: bigint, particulars: string | Particulars = {}): Payment {
  const given = typeof particulars === 'string' ? { url: particulars } : particulars;
  const {
    url = 'https://shop.example/report',
    batching,
    payer = '0xbuyer',
    payTo = '0xseller',
    amount = 1000n,
  } = given;
  return {
    version: 2,
    spelling: NETWORK,
    terms: {
      scheme: 'exact',
      network: NETWORK,
      amount,
      asset: '0xasset',
      payTo,
      maxTimeoutSeconds: 60,
      extra: {},
      ...(batching && { batching }),
    },
    payload: { payer, nonce, expires },
    resource: { url, description: '', mimeType: '' },
    extensions: {},
  };
}
