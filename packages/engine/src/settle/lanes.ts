/** All lanes of a network: which of them goes next, and what each learns of its nonces. */
import { describeError } from '../describe-error.ts';
import type { Place } from '../evidence/slot.ts';
import type { Authorization } from '../ports/chain.ts';
import type { AttemptOutcome } from '../ports/journal.ts';
import type { Reach } from '../reach.ts';
import { createLane, type Lane, type LaneOptions } from './lane.ts';

export type LanesOptions<A extends Authorization> = Omit<LaneOptions<A>, 'signer' | 'onRested'> & {
  readonly reach: Pick<Reach, 'failed'>;
  /** True while this process writes for the network, and goes on doing so. */
  readonly writing: () => boolean;
};

export type Lanes = {
  readonly all: readonly Lane[];
  of(signer: string): Lane | undefined;
  /** Transactions that all of them together may have open. */
  window(): number;
  /** Transactions that may be sent before they have to wait for a block. */
  room(): number;
  /** Carries payments while there are some, where it may. */
  pump(): void;
  /** The nonce has its outcome. `superseded` means that it went to no transaction of ours. */
  resolved(place: Place, outcome: AttemptOutcome['status']): void;
  /** A nonce that had its outcome has none any more. */
  reopened(place: Place): void;
};

/** Pause before a count that could not be read is asked for again. */
const RETRY_MS = 1_000;

export function createLanes<A extends Authorization>(options: LanesOptions<A>): Lanes {
  const { chain, clock, meter, reach, writing } = options;
  const { network, signers } = chain;
  const all = signers.map((signer): Lane => createLane<A>({ ...options, signer, onRested: pump }));
  const of = (signer: string) => all.find((lane) => lane.signer === signer);

  function pump(): void {
    if (!writing()) return;
    // Least in flight first, so that one stuck signer does not hold the queue.
    for (const lane of all.toSorted((a, b) => a.inFlight() - b.inFlight())) lane.pump();
  }

  /** It signs nothing before the chain has said where it stands. */
  function realign(lane: Lane): void {
    lane.align().then(pump, (error: unknown) => {
      reach.failed(describeError(error));
      // Whoever writes next asks anew.
      clock.after(RETRY_MS, () => writing() && realign(lane));
    });
  }

  return {
    all,
    of,
    window: () => all.reduce((sum, lane) => sum + lane.window(), 0),
    room: () => all.reduce((sum, lane) => sum + lane.room(), 0),
    pump,
    resolved({ signer, nonce }, outcome) {
      const lane = of(signer);
      lane?.closed(nonce);
      if (outcome === 'superseded') {
        meter.record({ type: 'fault', network, detail: `nonce ${nonce} of ${signer} was used elsewhere` });
        if (lane !== undefined) realign(lane);
      }
      pump();
    },
    reopened({ signer, nonce }) {
      of(signer)?.opened(nonce, 0n);
    },
  };
}
