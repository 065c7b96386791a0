/** The engine's memory that survives kill -9. Nothing is broadcast that is not in it; nothing nonterminal is forgotten. */
import type { Caip2, Locator, Reason, Seconds } from '@facilitator/protocol';
import type { Attempt, Signed } from './chain.ts';

/**
 * `claimed`   one caller owns the anchor, nothing is signed
 * `queued`    verified by a process that does not write for the network; its writer carries it
 * `prepared`  signed bytes are on disk; the network may have them
 * `settled`   evidence of this payment's transfer; final
 * `failed`    evidence that it did not happen and that no transaction of ours still could; final
 */
export type PaymentState = 'claimed' | 'queued' | 'prepared' | 'settled' | 'failed';

/** What a claim brings. */
export type Claim = {
  /** The authorization's anchor: the payment's id. */
  readonly id: string;
  readonly network: Caip2;
  readonly asset: string;
  readonly payer: string;
  readonly payTo: string;
  /** Atomic units. */
  readonly amount: bigint;
  readonly expires: Seconds;
  /** Digest of the anchor and the seller's terms: an identical retry has the same. */
  readonly fingerprint: string;
  /** The family's stored authorization; erased when the payment becomes final, because it is a bearer instrument. */
  readonly authorization: string;
  /** The caller's idempotency key, if any. Unique. */
  readonly key?: string;
};

/** A payment as the journal knows it. */
export type PaymentRecord = Omit<Claim, 'authorization' | 'key'> & {
  readonly state: PaymentState;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
  /** The transaction that carries it: the evidence when settled, the newest attempt when prepared. */
  readonly transaction: string | undefined;
  readonly locator: Locator | undefined;
  /** Why it failed. */
  readonly reason: Reason | undefined;
  readonly message: string | undefined;
  /** True once a caller was told the success. */
  readonly delivered: boolean;
  readonly claimedAt: Seconds;
  readonly concludedAt: Seconds | undefined;
};

export type ClaimResult =
  | { readonly status: 'claimed' }
  /** The anchor is taken. */
  | { readonly status: 'taken'; readonly payment: PaymentRecord }
  /** The idempotency key belongs to another payment. */
  | { readonly status: 'key-conflict' };

/** How a payment ended, with what proves it. */
export type Conclusion =
  | {
      readonly state: 'settled';
      readonly transaction: string;
      readonly locator: Locator;
      /** True when the writer hands the success to a waiting caller in the same step. */
      readonly delivered: boolean;
    }
  | { readonly state: 'failed'; readonly transaction: string; readonly reason: Reason; readonly message: string };

/**
 * What became of a conclusion.
 * `ended`  the payment ended by it
 * `known`  it had ended before
 * `taken`  the transfer that should prove it has settled another payment. It stays `prepared`: no transfer pays twice
 */
export type Ended = 'ended' | 'known' | 'taken';

/** Why an attempt needs no more watching. */
export type AttemptOutcome =
  /** Mined beyond the confirmation policy. `cost` in native units. */
  | { readonly status: 'included'; readonly block: bigint; readonly cost: bigint }
  /** Its nonce went to another transaction for good. */
  | { readonly status: 'superseded' };

/** What the transaction at a nonce cost, in native units, and when it was signed. */
export type Cost = { readonly nonce: bigint; readonly cost: bigint; readonly at: Seconds };

/** What recovery and reconciliation start from. */
export type Unfinished = {
  /** Payments that are not final. Claims of processes that are alive are not among them. */
  readonly payments: readonly PaymentRecord[];
  /** Attempts without an outcome, lowest nonce first and oldest first within one, also those whose payments are all final. */
  readonly attempts: readonly Attempt[];
};

/** Where a lane's next nonce comes from. */
export type LaneKey = {
  readonly network: Caip2;
  readonly signer: string;
  /** The chain's own count; matters only while it is above what the journal holds. */
  readonly floor: bigint;
  /** A nonce below those that are journaled and that the chain says nothing uses: this one is taken instead of the next. */
  readonly gap?: bigint;
};

/** A payment as the one who carries it knows it: another claim of the same anchor has another fingerprint. */
export type Item = Pick<Claim, 'id' | 'fingerprint'>;

export type Preparation =
  | { readonly status: 'prepared'; readonly attempt: Attempt }
  /**
   * Nothing is stored, because these are not to be prepared any more: released, claimed anew, final, or carried by an
   * attempt without an outcome. The others may be.
   */
  | { readonly status: 'gone'; readonly ids: readonly string[] };

/**
 * Another process handed a payment over, took it back, prepared it, ended it or released it: its record says which.
 * `undefined`: news may have been missed.
 */
export type News = string | undefined;

/** Told when this process becomes, and stops being, the one that writes for a network. */
export type Candidate = { readonly onHeld: () => void; readonly onLost: () => void };

export interface Journal {
  /** Whether other processes may use the same store. */
  readonly shared: boolean;
  /**
   * Competes for the exclusive right to prepare transactions of a network. When it is free, `onHeld` comes before this
   * resolves, else whenever it becomes free. `onLost` comes before another process can hold it, or, when the store itself
   * took it away, as soon as that is seen here; what is written in between is refused. The returned function gives it up
   * and ends the competition. A store that one process has to itself grants it for ever.
   */
  compete(network: Caip2, candidate: Candidate): Promise<() => Promise<void>>;
  /** Calls back with news of the network's payments, perhaps more than once for one. Returns the way to stop. */
  listen(network: Caip2, onNews: (news: News) => void): () => void;
  /** Leaves a verified claim of this process to the one that writes for its network; answers false when it was released. */
  handOver(id: string): Promise<boolean>;
  /**
   * Takes the anchor, or says who has it. A claim whose process is gone holds nothing. Durable when the promise resolves,
   * like every write here.
   */
  claim(claim: Claim): Promise<ClaimResult>;
  /**
   * Forgets a `claimed` or `queued` payment: it never had an attempt. Only its own process and the one that writes for its
   * network may; any other payment stays. Answers whether it was released. `abandoned`: only if it is `claimed` and its process is
   * gone; then anybody may.
   */
  release(id: string, which?: 'abandoned'): Promise<boolean>;
  /**
   * Allocates the lane's next nonce, `max(floor, highest journaled + 1)`, or its gap, has `sign` make the bytes for it, and
   * stores transaction, items and the payments' `prepared` state in one write. Rejects, storing nothing, when `sign` rejects,
   * when the journal has an open transaction for the gap, or when this process does not write for the network. Calls for one signer must not overlap: the lane serialises them.
   */
  prepare(lane: LaneKey, items: readonly Item[], sign: (nonce: bigint) => Promise<Signed>): Promise<Preparation>;
  /**
   * Stores another transaction for the nonce of an open attempt, carrying what that one carries. Rejects when the attempt
   * is unknown or has an outcome, or when this process does not write for its network.
   */
  replace(hash: string, signed: Signed): Promise<Attempt>;
  /**
   * Gives an attempt its outcome and ends the payments it decided, in one write. Other attempts of the same nonce are
   * superseded by the same write, also one that was included before a reorganisation. Payments it carried that are not in
   * `conclusions` stay `prepared` and may be prepared again. Answers one word per conclusion, in order.
   */
  resolve(
    hash: string,
    outcome: AttemptOutcome,
    conclusions: readonly { readonly id: string; readonly conclusion: Conclusion }[],
  ): Promise<readonly Ended[]>;
  /** Ends one `prepared` payment whatever its attempts do. */
  conclude(id: string, conclusion: Conclusion): Promise<Ended>;
  /** Takes the one delivery of a settled payment. True for exactly one caller. */
  deliver(id: string): Promise<boolean>;
  /**
   * Keeps a payment's answer under an idempotency key that came with a retry, and takes the one delivery of one that is
   * settled. False, changing nothing, when it has a key, was delivered or failed, or when the key is another payment's.
   */
  takeKey(id: string, key: string): Promise<boolean>;
  /** Gives a delivery back that did not reach its caller. */
  undeliver(id: string): Promise<void>;
  /**
   * Forgets up to `most` final payments that ended, and whose authorizations expired, before `before`, with the attempts
   * that carried nothing else. Answers how many; fewer than `most` when none is left, or when another process is at it.
   */
  prune(before: Seconds, most: number): Promise<number>;
  payment(id: string): Promise<PaymentRecord | undefined>;
  paymentByKey(key: string): Promise<PaymentRecord | undefined>;
  /** All payments that a transaction carries or proves, by the hash of any attempt or of the evidence. */
  paymentsByTransaction(hash: string): Promise<readonly PaymentRecord[]>;
  unfinished(network: Caip2): Promise<Unfinished>;
  /** Payments of the network that wait to be signed, in whichever process: handed over, or claimed at `since` or later. */
  waiting(network: Caip2, since: Seconds): Promise<number>;
  /** What the signer's transactions cost that were signed at `since` or later and are final, the newest first. */
  costs(signer: Pick<LaneKey, 'network' | 'signer'>, since: Seconds): Promise<readonly Cost[]>;
  /** Resolves when all accepted writes are on disk and the store is closed. */
  close(): Promise<void>;
}
