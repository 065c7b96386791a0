/**
 * Tokens that are paused and payees that a token has blocked: known for a while, so that their payments are refused without
 * a call and without gas. What was learned is forgotten as soon as a payment of theirs would go through again.
 */
import { LRUCache } from 'lru-cache';
import type { Authorization, Refusal, Verdict } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';

type Fuse = 'asset' | 'payee';

export type FusesOptions = {
  readonly clock: Pick<Clock, 'milliseconds'>;
  readonly onBlown: (fuse: Fuse, key: string, why: string) => void;
  readonly onMended: (fuse: Fuse, key: string) => void;
};

export type Fuses = {
  /** What a look at the chain said of a payment. */
  learn(authorization: Authorization, verdict: Verdict): void;
  /** Why it is not sent now; undefined when nothing is known against it. */
  blown(authorization: Authorization): Refusal | undefined;
  /** The same, but lets one payment through every few seconds: the chain's word on it shows whether the trouble is over. */
  admit(authorization: Authorization): Refusal | undefined;
  count(fuse: Fuse): number;
};

/** Beyond so many the one that was not asked about for longest is forgotten: it is learned again when it matters. */
const MOST = 1_000;
/** What nobody has asked about for so long is worth a look. */
const KEPT_MS = 600_000;
/** Between two payments that are let through to see. */
const PROBE_MS = 5_000;

type Blown = { readonly refusal: Refusal; probeAt: number };

export function createFuses({ clock, onBlown, onMended }: FusesOptions): Fuses {
  const cacheOf = (fuse: Fuse) =>
    new LRUCache<string, Blown>({
      max: MOST,
      ttl: KEPT_MS,
      updateAgeOnGet: true,
      ttlResolution: 0,
      perf: { now: () => clock.milliseconds() },
      dispose: (_, key, why) => {
        if (why !== 'set') onMended(fuse, key);
      },
    });
  const assets = cacheOf('asset');
  const payees = cacheOf('payee');

  function blow(fuse: Fuse, key: string, refusal: Refusal): void {
    const cache = fuse === 'asset' ? assets : payees;
    if (!cache.has(key)) onBlown(fuse, key, refusal.message);
    cache.set(key, { refusal, probeAt: clock.milliseconds() + PROBE_MS });
  }

  /** `presented`: somebody asks for it anew, which keeps what is known from being forgotten. */
  function find(authorization: Authorization, presented: boolean): Blown | undefined {
    const { asset } = authorization;
    const payee = payeeKey(authorization);
    return presented ? (assets.get(asset) ?? payees.get(payee)) : (assets.peek(asset) ?? payees.peek(payee));
  }

  function told({ refusal }: Blown, { payer }: Authorization): Refusal {
    const message = `${refusal.message} It was asked a moment ago, and is asked again every ${PROBE_MS / 1000} seconds.`;
    return { ...refusal, message, payer };
  }

  return {
    learn(authorization, verdict) {
      if (verdict.status === 'valid') {
        assets.delete(authorization.asset);
        payees.delete(payeeKey(authorization));
      } else if (verdict.status === 'refused' && verdict.blame === 'asset') {
        blow('asset', authorization.asset, verdict);
      } else if (verdict.status === 'refused' && verdict.blame === 'payee') {
        blow('payee', payeeKey(authorization), verdict);
      }
    },
    blown(authorization) {
      const found = find(authorization, false);
      return found && told(found, authorization);
    },
    admit(authorization) {
      const found = find(authorization, true);
      if (found === undefined) return undefined;
      if (clock.milliseconds() < found.probeAt) return told(found, authorization);
      found.probeAt = clock.milliseconds() + PROBE_MS;
      return undefined;
    },
    count(fuse) {
      const cache = fuse === 'asset' ? assets : payees;
      cache.purgeStale();
      return cache.size;
    },
  };
}

/** A payee is blocked by one token, not by all. */
function payeeKey({ asset, payTo }: Authorization): string {
  return `${payTo} of ${asset}`;
}
