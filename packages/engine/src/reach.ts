/** Whether a network's RPC answers, by what the calls say that are made anyway. */
import type { Caip2 } from '@facilitator/protocol';
import type { Clock } from './ports/clock.ts';
import type { Meter } from './ports/meter.ts';

export type ReachOptions = {
  readonly network: Caip2;
  readonly clock: Pick<Clock, 'milliseconds'>;
  readonly meter: Meter;
  /** A call had no answer, or none that helps: somebody may want to ask for certainty. */
  readonly onFailed: () => void;
};

export type Reach = {
  /** A call was answered. */
  heard(): void;
  /** A call was not. `detail` is safe to show. */
  failed(detail: string): void;
  /** A call was answered with something that could be said of itself or of the RPC. */
  doubted(): void;
  /**
   * Somebody looked for transactions: `failure` says why no look was answered, undefined when one was, or when nobody looks any
   * more. Apart from other calls: an RPC may answer those and say nothing of what is on chain.
   */
  looked(failure: string | undefined): void;
  /** True as soon as one call had no answer, until one has. */
  wavers(): boolean;
  /** Why the RPC counts as silent; undefined while it answers. */
  outage(): string | undefined;
};

/** Calls in a row without an answer that make an outage: one may be an accident. */
const FAILURES = 3;
/** Milliseconds in which looks may go unanswered: they come with each block, and a node may be a few of them behind. */
const LOOKS_PATIENCE_MS = 10_000;

/** Failures in a row of one kind of call. */
type Voice = { failures: number; since: number; detail: string };

export function createReach({ network, clock, meter, onFailed }: ReachOptions): Reach {
  const calls: Voice = { failures: 0, since: 0, detail: '' };
  const looks: Voice = { failures: 0, since: 0, detail: '' };
  let silentSince: number | undefined;

  function failing(voice: Voice): string | undefined {
    const isShort = voice === looks && clock.milliseconds() - voice.since < LOOKS_PATIENCE_MS;
    return voice.failures < FAILURES || isShort ? undefined : voice.detail;
  }

  const outage = () => failing(calls) ?? failing(looks);

  function take(voice: Voice, failure: string | undefined): void {
    if (failure === undefined) voice.failures = 0;
    else {
      if (voice.failures === 0) voice.since = clock.milliseconds();
      voice.failures += 1;
      voice.detail = failure;
    }
    const detail = outage();
    if (detail !== undefined && silentSince === undefined) {
      silentSince = voice.since;
      meter.record({ type: 'rpc.silent', network, detail });
    } else if (detail === undefined && silentSince !== undefined) {
      meter.record({ type: 'rpc.answers', network, ms: clock.milliseconds() - silentSince });
      silentSince = undefined;
    }
  }

  return {
    heard: () => take(calls, undefined),
    failed(why) {
      take(calls, why);
      onFailed();
    },
    doubted: onFailed,
    looked: (failure) => take(looks, failure),
    wavers: () => calls.failures > 0,
    outage,
  };
}
