/** What a transaction will have to offer, learned from answers that were asked for anyway. */
import type { Clock } from '@facilitator/engine';
import { asQuantity, asRecord, quantityIn } from '../rpc/answers.ts';
import { askAll, type Question, type Rpc, type RpcAnswer } from '../rpc/rpc.ts';

/** Wei per gas. */
export type Fees =
  | { readonly type: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 'legacy'; readonly gasPrice: bigint };

export type FeeBook = {
  /** A base fee somebody saw just now. `told`: by an eth_call, so the next one will show it too. */
  learn(baseFee: bigint, told?: 'told'): void;
  /** What should be asked with the next round trip, so that quotes stay fresh. */
  due(): readonly Question<void>[];
  /** Asks first when what is known is too old. Throws when it cannot be learned, or when it is above the ceiling. */
  quote(): Promise<Fees>;
  /** Wei per gas that a transaction signed now would offer at most, by the latest prices known; the ceiling when none is. */
  cap(): bigint;
  /** Wei per gas that is needed now; undefined when nothing recent is known. */
  price(): bigint | undefined;
};

export type FeeBookOptions = {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly type: Fees['type'];
  readonly blockMs: number;
  readonly maxFeePerGas: bigint;
  readonly maxTipPerGas: bigint;
};

type Known = { readonly wei: bigint; readonly at: number };

/** A cap of twice the base fee survives six full blocks, each of which raises it by an eighth. */
const BASE_FEE_BLOCKS = 6;
const SHORTEST_MS = 3_000;
const LONGEST_MS = 30_000;
/** Tips move with how busy a network is, not with each block. */
const TIP_MS = 60_000;

export function createFeeBook(options: FeeBookOptions): FeeBook {
  const { rpc, clock, type, maxFeePerGas, maxTipPerGas } = options;
  const baseMs = Math.min(Math.max(options.blockMs * BASE_FEE_BLOCKS, SHORTEST_MS), LONGEST_MS);
  /** The base fee; on legacy networks the price that the node suggests. */
  let price: Known | undefined;
  let tip: Known | undefined;
  let isTold = false;
  let refreshing: Promise<unknown> | undefined;

  const isStale = (known: Known | undefined, ms: number) => known === undefined || clock.milliseconds() - known.at > ms;
  const now = (wei: bigint): Known => ({ wei, at: clock.milliseconds() });

  const askPrice: Question<void> = {
    calls: [
      type === 'legacy'
        ? { method: 'eth_gasPrice', params: [] }
        : { method: 'eth_getBlockByNumber', params: ['latest', false] },
    ],
    read([answer]) {
      const wei = type === 'legacy' ? quantityIn(answer) : baseFeeIn(answer);
      if (wei !== undefined) price = now(wei);
    },
  };
  const askTip: Question<void> = {
    calls: [{ method: 'eth_maxPriorityFeePerGas', params: [] }],
    read([answer]) {
      const wei = quantityIn(answer);
      if (wei !== undefined) tip = now(wei);
      // Some nodes do not have the method. A tenth of the base fee is what wallets offer then.
      else if (answer?.status === 'error' && price !== undefined) tip = now(price.wei / 10n + 1n);
    },
  };

  function stale(tellsItself: boolean): readonly Question<void>[] {
    return [
      ...(!tellsItself && isStale(price, baseMs) ? [askPrice] : []),
      ...(type === 'eip1559' && isStale(tip, TIP_MS) ? [askTip] : []),
    ];
  }

  function current(): Fees | undefined {
    if (price === undefined || isStale(price, baseMs)) return undefined;
    if (type === 'legacy') {
      // A quarter above the suggestion, for the blocks until it is mined.
      const gasPrice = withinCeiling((price.wei * 5n) / 4n, price.wei);
      return { type, gasPrice };
    }
    // An old tip is better than no payment: the fee cap is what decides about being mined at all.
    if (tip === undefined) return undefined;
    const offered = atMost(tip.wei, maxTipPerGas);
    const maxFee = withinCeiling(price.wei * 2n + offered, price.wei);
    return { type, maxFeePerGas: maxFee, maxPriorityFeePerGas: atMost(offered, maxFee) };
  }

  function cap(): bigint {
    if (price === undefined) return maxFeePerGas;
    const offer =
      type === 'legacy' ? (price.wei * 5n) / 4n : price.wei * 2n + atMost(tip?.wei ?? maxTipPerGas, maxTipPerGas);
    return atMost(offer, maxFeePerGas);
  }

  /** The lower of what would be offered and the ceiling, which must reach at least what is needed now. */
  function withinCeiling(offer: bigint, needed: bigint): bigint {
    if (needed > maxFeePerGas) {
      throw new Error(`gas costs ${needed} wei now, above the ceiling of ${maxFeePerGas} wei`);
    }
    return atMost(offer, maxFeePerGas);
  }

  return {
    learn(baseFee, told) {
      price = now(baseFee);
      if (told !== undefined) isTold = true;
    },
    cap,
    price: () => (isStale(price, baseMs) ? undefined : price?.wei),
    due: () => stale(isTold),
    async quote() {
      if (current() === undefined || stale(false).length > 0) {
        refreshing ??= askAll(rpc, stale(false)).finally(() => {
          refreshing = undefined;
        });
        await refreshing;
      }
      const fees = current();
      if (fees === undefined) throw new Error('the RPC does not say what gas costs');
      return fees;
    },
  };
}

function baseFeeIn(answer: RpcAnswer | undefined): bigint | undefined {
  return answer?.status === 'result' ? asQuantity(asRecord(answer.result)?.['baseFeePerGas']) : undefined;
}

function atMost(wei: bigint, ceiling: bigint): bigint {
  if (wei > ceiling) return ceiling;
  return wei;
}
