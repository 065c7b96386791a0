/** What the engine asks of a network. One interface for EVM, Solana, NEAR and Stellar; ARCHITECTURE.md shows all four. */
import type { Batching, Caip2, Locator, Payment, Reason, Seconds } from '@facilitator/protocol';

/**
 * A payer's permission to move money, decoded and statically checked. Families extend it with what they need to
 * verify and sign; the engine reads only these bound terms.
 */
export type Authorization = {
  /** Identifies the permission on its chain for ever: the claim key and the public payment id. */
  readonly anchor: string;
  readonly network: Caip2;
  readonly asset: string;
  readonly payer: string;
  readonly payTo: string;
  /** Atomic units. */
  readonly amount: bigint;
  /** The payer's own nonce, as signed. */
  readonly nonce: string;
  /** Last second at which the chain would still accept it. */
  readonly expires: Seconds;
  /** Whether decoding itself proved that the payer signed. Where it could not, anybody may have made it up. */
  readonly proven: boolean;
  /** Who may share a transaction with it, as its seller asks. Part of its terms: it stays so after a restart. */
  readonly batching: Batching;
};

/** Why a payment is not taken. `message` is for people and safe to show. */
export type Refusal = {
  readonly status: 'refused';
  readonly reason: Reason;
  readonly message: string;
  readonly payer?: string;
  /** Set when it is not this payment's own doing: nothing in this token, or to this payee, would go through now. */
  readonly blame?: 'asset' | 'payee';
};

export type Decoded<A extends Authorization> =
  | { readonly status: 'authorization'; readonly authorization: A }
  | Refusal;

/** What one verification round trip says of one authorization. */
export type Verdict<A extends Authorization = Authorization> =
  /**
   * `as`: the same payment as it was looked at and is to be settled, where the chain has shown that it goes another way than it
   * was presented. Nothing else may be sent for it.
   */
  | { readonly status: 'valid'; readonly as?: A }
  | Refusal
  /**
   * The chain could not be asked. Says nothing about the payment. `answered`: a node did answer, with something that proves
   * nothing; perhaps this payment is what it stumbles over. `detail` is safe to show.
   */
  | { readonly status: 'unavailable'; readonly detail: string; readonly answered?: true };

/** A signed transaction, known by a hash computed here and not by a node. */
export type Signed = { readonly hash: string; readonly bytes: string };

/** A signed transaction as the journal keeps it. */
export type Attempt = Signed & {
  readonly network: Caip2;
  readonly signer: string;
  /** The signer's sequence number. Families without an order only count with it. */
  readonly nonce: bigint;
  /** Anchors of the payments it carries, in order. */
  readonly items: readonly string[];
};

/** What a node said about bytes it was given. Only `refused` proves that nothing was broadcast. */
export type Broadcast =
  | { readonly status: 'accepted' }
  | { readonly status: 'refused'; readonly detail: string }
  | { readonly status: 'unknown'; readonly detail: string };

/** Proof, per payment, of what an included transaction did. */
export type Proof =
  | { readonly status: 'paid'; readonly locator: Locator }
  /** Mined without this payment's transfer; `message` says as far as known why. */
  | { readonly status: 'unpaid'; readonly reason: Reason; readonly message: string };

/** One block of one chain of blocks: after a reorganisation another one has its number. */
export type BlockId = { readonly block: bigint; readonly blockHash: string };

/** `there`: part of the chain. `deep`: and so far below its end that it stays. `gone`: another block has its number. */
export type Standing = 'there' | 'deep' | 'gone' | 'unknown';

/** What the chain shows of one attempt. */
export type Sighting =
  /** Not seen: proves nothing. `failure`: why the network gave no answer at all to this look, safe to show. */
  | { readonly status: 'unseen'; readonly failure?: string }
  | (BlockId & {
      readonly status: 'included';
      /** One per authorization asked about, in the order asked. */
      readonly proofs: readonly Proof[];
      /** Native units the transaction cost the signer. */
      readonly cost: bigint;
      /** How many payments it made, those nobody asked about included. */
      readonly made: number;
      /** True when the network's confirmation policy is met. */
      readonly final: boolean;
    })
  /** The nonce is taken for good by a transaction that is not this one: this one will never be included. */
  | { readonly status: 'superseded' };

/**
 * Where an authorization stands on chain, whoever sent it. Judged by a block that meets the confirmation policy: what a
 * reorganisation can still undo is `unknown`.
 */
export type Whereabouts =
  | { readonly status: 'paid'; readonly transaction: string; readonly locator: Locator }
  /** Used or cancelled without this payment's transfer. */
  | { readonly status: 'void'; readonly reason: Reason; readonly message: string }
  /** `expired`: chain time is past its window, so it can never be used. */
  | { readonly status: 'unused'; readonly expired: boolean }
  | { readonly status: 'unknown' };

/** Whether a network can be served, asked at start and again while it cannot. */
export type Opening =
  /** `whole`: false while some of it is switched off, like a token that differs from the registry; worth asking again. */
  | { readonly status: 'open'; readonly notes: readonly string[]; readonly whole: boolean }
  /** A fault that only the operator can mend: wrong chain id, missing Multicall3. `reason` is safe to show. */
  | { readonly status: 'closed'; readonly reason: string }
  /** The RPC does not answer; worth asking again. */
  | { readonly status: 'unreachable'; readonly reason: string };

/** Milliseconds since the last block should have become visible, and until the next one should. */
export type Rhythm = { readonly sinceLast: number; readonly untilNext: number };

export interface Chain<A extends Authorization> {
  readonly network: Caip2;
  /** Addresses that may sign, each a lane of its own. */
  readonly signers: readonly string[];
  /** Milliseconds between blocks, for pacing. */
  readonly blockMs: number;
  /** Blocks above a final one in which it can still vanish, as far as that is looked for; 0 where final means for ever. */
  readonly reorgDepth: number;
  /** Where in the rhythm of blocks the network is now; undefined while that is not known. */
  rhythm(): Rhythm | undefined;

  /** Compares the network with the registry and learns what signing needs. One-time I/O; safe to repeat. */
  open(): Promise<Opening>;

  /**
   * Pure and local: every static check against the seller's terms but the clock's, native signature recovery. No I/O, no
   * time: a retry must find its payment after the window closed.
   */
  decode(payment: Payment): Decoded<A>;
  /** The validity window against the clock, with the margin that settling needs. `undefined` when it is open. */
  untimely(authorization: A, now: Seconds): Refusal | undefined;
  /** The journal's form of an authorization. `recall(stow(a))` equals `a`. */
  stow(authorization: A): string;
  recall(stored: string): A;

  /** Judges many authorizations in one round trip. Answers in the order asked; never throws. */
  verify(batch: readonly A[]): Promise<readonly Verdict<A>[]>;

  /**
   * Why a payment did not go through in `block`, as far as the state before it shows; undefined when it does not show. Never
   * throws.
   */
  explain(authorization: A, block: bigint): Promise<Refusal | undefined>;

  /** The signer's next sequence number as the chain knows it, including what waits in the node's pool. */
  floor(signer: string): Promise<bigint>;
  /** Native units that each signer holds, in the order of `signers`, in one round trip. Rejects when the chain cannot be asked. */
  balances(): Promise<readonly bigint[]>;
  /**
   * The most that settling this payment may cost now, in native units, whatever the network charges apart included; the base
   * of budgets. Without a payment: for one of the dearest kind.
   */
  ceiling(authorization?: A): bigint;
  /**
   * Why settling it would cost more now than the operator allows; undefined when it would not, or when prices are not
   * known. Safe to show; completes "because …".
   */
  tooDear(authorization: A): string | undefined;
  /** How many payments one transaction may carry now, by the gas limits of blocks and transactions; 1 where each stands alone. */
  capacity(): number;
  /**
   * Whether settling it also makes the payer's account. A second such payment of the same payer would fail, so it is taken once
   * the first has its outcome.
   */
  deploys(authorization: A): boolean;
  /** Whether it may share a transaction: only when nobody's code but the token's decides about it. */
  groupable(authorization: A): boolean;
  /**
   * Signs one transaction that carries `items`: one, or several that are `groupable`; with none it only uses the nonce up.
   * Local but for the signer itself; uses fees learned from earlier answers.
   */
  sign(signer: string, nonce: bigint, items: readonly A[]): Promise<Signed>;
  /**
   * Signs another transaction for the nonce of `attempt`, with fees high enough to take its place. It carries `items`, the
   * undecided ones of those it carried, or the same as it; with none left it only uses the nonce up. `undefined` when the
   * network has no such thing or the fee ceiling leaves no room.
   */
  replace(attempt: Attempt, items: readonly A[] | 'same'): Promise<Signed | undefined>;
  /** Hands bytes to the network. Never throws: an error after bytes left is `unknown`. */
  broadcast(attempt: Attempt): Promise<Broadcast>;
  /**
   * Looks for attempts on chain, few round trips for all. `items[i]` are those authorizations of `attempts[i]` that are
   * still undecided, perhaps none. Never throws.
   */
  observe(attempts: readonly Attempt[], items: readonly (readonly A[])[]): Promise<readonly Sighting[]>;
  /** Whether blocks are still part of the chain, one round trip for all. Answers in the order asked; never throws. */
  standing(blocks: readonly BlockId[]): Promise<readonly Standing[]>;
  /** Looks for the authorization itself, whichever transaction used it. Never throws. */
  locate(authorization: A): Promise<Whereabouts>;
}
