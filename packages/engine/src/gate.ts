/** Whether a network takes payments: asked at the start, and again while it does not. */
import { describeError } from './describe-error.ts';
import type { NetworkStatus } from './engine.ts';
import type { Authorization, Chain } from './ports/chain.ts';
import type { Clock } from './ports/clock.ts';
import type { Meter } from './ports/meter.ts';

export type GateOptions<A extends Authorization> = {
  readonly chain: Pick<Chain<A>, 'network' | 'open'>;
  readonly clock: Clock;
  readonly meter: Meter;
  /** What has to be done between the chain's consent and the first payment. Repeated when it rejects. */
  readonly prepare: () => Promise<void>;
};

export type Gate = {
  /** Never rejects. Resolves when the network is open, or when it is known that it is not. */
  open(): Promise<void>;
  /** `reason` is empty when it is open, and safe to show. */
  view(): Pick<NetworkStatus, 'status' | 'reason'>;
  /** It is not asked again. */
  stop(): void;
};

/** Pause before a network that did not open is asked again; it doubles. */
const LEAST_MS = 250;
const MOST_MS = 5_000;
/** Pause before a network that is open in part is looked at again: a node may have lied, or a token may have been mended. */
const REST_MS = 300_000;

export function createGate<A extends Authorization>({ chain, clock, meter, prepare }: GateOptions<A>): Gate {
  const { network } = chain;
  let view: ReturnType<Gate['view']> = { status: 'opening', reason: 'it has not been checked yet' };
  let pauseMs = LEAST_MS;
  let cancel = () => {};
  let stopped = false;

  async function open(): Promise<void> {
    const opening = await chain.open();
    if (stopped) return;
    if (opening.status !== 'open') return later(opening.status, opening.reason);
    try {
      await prepare();
    } catch (error) {
      return later('unreachable', `its state could not be read (${describeError(error)})`);
    }
    view = { status: 'open', reason: '' };
    meter.record({ type: 'network.open', network, notes: opening.notes });
    if (!opening.whole) cancel = clock.after(REST_MS, () => void openRest(opening.notes));
  }

  /** It stays open, whatever is said of the rest. */
  async function openRest(known: readonly string[]): Promise<void> {
    const opening = await chain.open();
    if (stopped) return;
    const notes = opening.status === 'open' ? opening.notes : known;
    if (notes.join('\n') !== known.join('\n')) meter.record({ type: 'network.open', network, notes });
    if (opening.status !== 'open' || !opening.whole) cancel = clock.after(REST_MS, () => void openRest(notes));
  }

  function later(status: 'closed' | 'unreachable', reason: string): void {
    const isNews = status !== view.status || reason !== view.reason;
    view = { status, reason };
    if (isNews) meter.record({ type: `network.${status}`, network, reason });
    if (stopped) return;
    cancel = clock.after(pauseMs, () => void open());
    pauseMs = Math.min(2 * pauseMs, MOST_MS);
  }

  return {
    open,
    view: () => view,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
