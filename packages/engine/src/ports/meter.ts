/** What the engine tells the outside about its work. Values are safe for logs: no signature, no key, no URL. */
import type { Caip2, Reason } from '@facilitator/protocol';

export type EngineEvent =
  | { readonly type: 'network.open'; readonly network: Caip2; readonly notes: readonly string[] }
  /** What only the operator can mend keeps payments out. Told again when the reason changes. */
  | { readonly type: 'network.closed'; readonly network: Caip2; readonly reason: string }
  /** The same while it does not answer: it opens by itself when it does. */
  | { readonly type: 'network.unreachable'; readonly network: Caip2; readonly reason: string }
  /** This process signs for the network from now on. */
  | { readonly type: 'writer.held'; readonly network: Caip2 }
  /** Another process may sign for it from now on. */
  | { readonly type: 'writer.lost'; readonly network: Caip2 }
  /** Calls to the network's RPC have no answers any more. */
  | { readonly type: 'rpc.silent'; readonly network: Caip2; readonly detail: string }
  /** They have again, after `ms` milliseconds. */
  | { readonly type: 'rpc.answers'; readonly network: Caip2; readonly ms: number }
  /** Native units. The signer gets no payments until it is funded. */
  | {
      readonly type: 'signer.dry';
      readonly network: Caip2;
      readonly signer: string;
      readonly balance: bigint;
      readonly floor: bigint;
    }
  | { readonly type: 'signer.funded'; readonly network: Caip2; readonly signer: string; readonly balance: bigint }
  /** It did not sign. It is asked again after pauses; the others carry its payments. */
  | { readonly type: 'signer.failing'; readonly network: Caip2; readonly signer: string; readonly detail: string }
  | { readonly type: 'signer.signs'; readonly network: Caip2; readonly signer: string }
  /** A budget has no room for a payment. Told once a minute at most. */
  | { readonly type: 'budget.exhausted'; readonly network: Caip2; readonly whose: 'network' | 'caller' }
  /** Payments in a token, to a payee or of a payer are not sent any more. `which`: an address, of a payee with its token. */
  | {
      readonly type: 'breaker.opened';
      readonly network: Caip2;
      readonly what: 'asset' | 'payee' | 'payer';
      readonly which: string;
      readonly detail: string;
    }
  | {
      readonly type: 'breaker.closed';
      readonly network: Caip2;
      readonly what: 'asset' | 'payee' | 'payer';
      readonly which: string;
    }
  /** `payment` is its id wherever an event has one; empty when the request could not be read so far. */
  | {
      readonly type: 'verify.done';
      readonly network: Caip2;
      readonly payment: string;
      readonly outcome: 'valid' | 'unavailable' | Reason;
    }
  | { readonly type: 'verify.call'; readonly network: Caip2; readonly size: number; readonly ms: number }
  | {
      readonly type: 'settle.prepared';
      readonly network: Caip2;
      readonly transaction: string;
      readonly payments: readonly string[];
    }
  | {
      readonly type: 'settle.replaced';
      readonly network: Caip2;
      readonly transaction: string;
      readonly replaced: string;
    }
  | {
      readonly type: 'settle.broadcast';
      readonly network: Caip2;
      readonly transaction: string;
      readonly outcome: string;
      readonly detail: string;
    }
  /** A caller was answered; the payment itself may go on. */
  | {
      readonly type: 'settle.done';
      readonly network: Caip2;
      readonly payment: string;
      readonly outcome: 'settled' | 'pending' | Reason;
      readonly transaction: string;
    }
  /** A reorganisation took a transaction away that was final. It is handed over again until it is back. */
  | {
      readonly type: 'settle.vanished';
      readonly network: Caip2;
      readonly transaction: string;
      readonly block: bigint;
    }
  /** And it is back, in that block. */
  | {
      readonly type: 'settle.restored';
      readonly network: Caip2;
      readonly transaction: string;
      readonly block: bigint;
    }
  /**
   * A payment is over, whether or not anybody waited for it: told by the process that wrote its end. `released`: nothing was
   * sent, nothing is kept, and it may be presented again.
   */
  | {
      readonly type: 'payment.ended';
      readonly network: Caip2;
      readonly payment: string;
      readonly outcome: 'settled' | 'released' | Reason;
      readonly transaction: string;
    }
  /** Native units; `share`: of each payment it carried. */
  | {
      readonly type: 'settle.cost';
      readonly network: Caip2;
      readonly transaction: string;
      readonly cost: bigint;
      readonly share: bigint;
    }
  | { readonly type: 'recovered'; readonly network: Caip2; readonly payments: number; readonly released: number }
  /** A promise that must hold did not; `detail` names it. Always worth an alarm. */
  | { readonly type: 'fault'; readonly network: Caip2 | 'all'; readonly detail: string };

export interface Meter {
  record(event: EngineEvent): void;
}
