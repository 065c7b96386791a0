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
  /** True as soon as one call had no answer, until one has. */
  wavers(): boolean;
  /** Why the RPC counts as silent; undefined while it answers. */
  outage(): string | undefined;
};

/** Calls in a row without an answer that make an outage: one may be an accident. */
const FAILURES = 3;

export function createReach({ network, clock, meter, onFailed }: ReachOptions): Reach {
  let failures = 0;
  let since = 0;
  let detail = '';

  return {
    heard() {
      if (failures >= FAILURES) meter.record({ type: 'rpc.answers', network, ms: clock.milliseconds() - since });
      failures = 0;
    },
    failed(why) {
      if (failures === 0) since = clock.milliseconds();
      failures += 1;
      detail = why;
      if (failures === FAILURES) meter.record({ type: 'rpc.silent', network, detail });
      onFailed();
    },
    doubted: onFailed,
    wavers: () => failures > 0,
    outage: () => (failures >= FAILURES ? detail : undefined),
  };
}
