/** What is done about a nonce that later ones wait for and that nothing here watches. */
import { describeError } from '../describe-error.ts';
import type { Place } from '../evidence/slot.ts';
import type { Authorization } from '../ports/chain.ts';
import type { Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { preparedOf, type WatchAgainOptions, watchAgain } from './watch-again.ts';

export type GapFillerOptions<A extends Authorization> = WatchAgainOptions<A> & {
  readonly journal: Pick<Journal, 'unfinished'>;
  readonly meter: Meter;
  readonly writing: () => boolean;
};

/** Has it watched again when the journal has bytes for it, and else an empty transaction signed. Never rejects. */
export function createGapFiller<A extends Authorization>(options: GapFillerOptions<A>): (gap: Place) => Promise<void> {
  const { chain, journal, meter, lanes, writing } = options;
  const fault = (detail: string) => meter.record({ type: 'fault', network: chain.network, detail });

  return async ({ signer, nonce }) => {
    try {
      const { attempts, payments } = await journal.unfinished(chain.network);
      if (!writing()) return;
      const kept = attempts.filter((attempt) => attempt.signer === signer && attempt.nonce === nonce);
      if (kept.length > 0) {
        fault(`nonce ${nonce} of ${signer} was not watched: the journal's transaction is sent again`);
        for (const attempt of kept) watchAgain(attempt, preparedOf(payments), options);
      } else {
        fault(`no transaction has nonce ${nonce} of ${signer}, which later ones wait for: an empty one takes it`);
        lanes.of(signer)?.fill(nonce);
      }
    } catch (error) {
      // Asked again with the next look.
      fault(`nonce ${nonce} of ${signer} could not be looked up: ${describeError(error)}`);
    }
  };
}
