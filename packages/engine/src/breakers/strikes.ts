/**
 * Payers whose payments were mined and did not pay, at our cost: a contract that changes its mind, a balance that is gone by
 * then, an authorization cancelled in the same block. Once is an accident; after that they wait, longer each time.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../ports/clock.ts';

export type StrikesOptions = {
  readonly clock: Pick<Clock, 'milliseconds'>;
  readonly onOut: (payer: string, why: string) => void;
  readonly onBack: (payer: string) => void;
};

export type Strikes = {
  /** A payment of this payer cost gas and moved nothing. */
  add(payer: string): void;
  /** Why nothing is sent for the payer now, and for how many seconds; undefined lets it through. */
  out(payer: string): { readonly message: string; readonly retryAfter: number } | undefined;
  /** Payers that have to wait now. */
  count(): number;
};

const MOST = 10_000;
/** After so long without another they are forgotten. */
const KEPT_MS = 24 * 3_600_000;
/** The first that makes a payer wait, for how long, and how much longer each time. */
const FREE = 1;
const SHORTEST_MS = 30_000;
const FACTOR = 4;
const LONGEST_MS = 3_600_000;

type Record = { readonly strikes: number; readonly until: number };

export function createStrikes({ clock, onOut, onBack }: StrikesOptions): Strikes {
  const payers = new LRUCache<string, Record>({
    max: MOST,
    ttl: KEPT_MS,
    ttlResolution: 0,
    perf: { now: () => clock.milliseconds() },
  });
  /** Those that were told to wait and not yet that it is over. */
  const waiting = new Set<string>();

  function letBack(payer: string): void {
    if (!waiting.has(payer) || (payers.peek(payer)?.until ?? 0) > clock.milliseconds()) return;
    waiting.delete(payer);
    onBack(payer);
  }

  return {
    add(payer) {
      letBack(payer);
      const strikes = (payers.get(payer)?.strikes ?? 0) + 1;
      const over = strikes - FREE;
      const ms = over <= 0 ? 0 : Math.min(LONGEST_MS, SHORTEST_MS * FACTOR ** (over - 1));
      payers.set(payer, { strikes, until: clock.milliseconds() + ms });
      if (ms === 0) return;
      waiting.add(payer);
      onOut(payer, `${strikes} payments were mined without paying; nothing is sent for ${ms / 1000} seconds`);
    },
    out(payer) {
      letBack(payer);
      const known = payers.get(payer);
      const left = (known?.until ?? 0) - clock.milliseconds();
      if (known === undefined || left <= 0) return undefined;
      const retryAfter = Math.ceil(left / 1000);
      const message = `${known.strikes} payments of ${payer} were mined without paying, and each cost gas here. For another ${retryAfter} seconds nothing is sent for this payer. Nothing was sent.`;
      return { message, retryAfter };
    },
    count() {
      for (const payer of waiting) letBack(payer);
      return waiting.size;
    },
  };
}
