/** Writes down how payments ended, and sees to it that their callers hear of it once. */
import type { Attempt, Authorization, Chain } from '../ports/chain.ts';
import type { AttemptOutcome, Conclusion, Ended, Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import type { Case } from '../settle/case.ts';
import type { Cases } from '../settle/cases.ts';

/** A payment, and how it ends. */
export type End<A extends Authorization> = { readonly each: Case<A>; readonly conclusion: Conclusion };

export type EndingsOptions<A extends Authorization> = {
  readonly chain: Pick<Chain<A>, 'network'>;
  readonly journal: Pick<Journal, 'conclude' | 'resolve'>;
  readonly meter: Meter;
  /** A payment ended and the journal knows it. `mine` is false when it had ended before. */
  readonly onConcluded: (ended: Case<A>, conclusion: Conclusion, mine: boolean) => void;
  /**
   * Runs a write that gives these payments' callers their answers. When it rejects, the payments stay open and are looked at
   * again.
   */
  readonly giving: Cases<A>['giving'];
};

export type Endings<A extends Authorization> = {
  /** Ends one, whatever its attempts do. */
  end(end: End<A>): Promise<void>;
  /** The same for many; those that could not be written are given to `onLeft` before it rejects. */
  endEach(ends: readonly End<A>[], onLeft: (left: readonly Case<A>[]) => void): Promise<void>;
  /** Ends them in one write with the attempt that decided it. */
  endTogether(attempt: Attempt, outcome: AttemptOutcome, ends: readonly End<A>[]): Promise<void>;
};

export function createEndings<A extends Authorization>(options: EndingsOptions<A>): Endings<A> {
  const { journal, meter, giving } = options;
  const { network } = options.chain;

  async function end(given: End<A>): Promise<void> {
    const { each, conclusion } = withDelivery(given);
    const write = () => journal.conclude(each.authorization.anchor, conclusion);
    const word = await giving([each], write, (told) => (told === 'taken' ? [each] : []));
    tellEnd(each, conclusion, word);
  }

  function tellEnd(each: Case<A>, conclusion: Conclusion, word: Ended | undefined): void {
    // No earlier write of it is stored.
    if (word !== 'known') each.given = false;
    if (word === 'taken') leave(each, conclusion);
    else options.onConcluded(each, conclusion, word === 'ended');
  }

  /**
   * One of two proofs is wrong, and nothing here can say which. So nobody is told a second success, or a failure: the payment
   * stays as it is in the journal, for the operator, and is looked at again when the journal is recovered.
   */
  function leave({ authorization }: Case<A>, { transaction }: Conclusion): void {
    const other = `the transfer in ${transaction} that has settled another payment`;
    const detail = `${authorization.anchor} was to be settled by ${other}: it stays undecided`;
    meter.record({ type: 'fault', network, detail });
  }

  return {
    end,
    async endEach(ends, onLeft) {
      const written = await Promise.allSettled(ends.map(end));
      onLeft(ends.flatMap(({ each }, index) => (written[index]?.status === 'fulfilled' ? [] : [each])));
      for (const result of written) if (result.status === 'rejected') throw result.reason;
    },
    async endTogether(attempt, outcome, given) {
      const ends = given.map(withDelivery);
      const conclusions = ends.map(({ each, conclusion }) => ({ id: each.authorization.anchor, conclusion }));
      const write = () => journal.resolve(attempt.hash, outcome, conclusions);
      const cases = ends.map(({ each }) => each);
      const taken = (words: readonly Ended[]) => cases.filter((_, at) => words[at] === 'taken');
      const words = await giving(cases, write, taken);
      for (const [at, { each, conclusion }] of ends.entries()) tellEnd(each, conclusion, words[at]);
    },
  };
}

/** A caller who waits gets the success in the same journal write that ends the payment. */
function withDelivery<A extends Authorization>({ each, conclusion }: End<A>): End<A> {
  if (conclusion.state !== 'settled') return { each, conclusion };
  const delivered = each.waiter !== undefined;
  // Also what an earlier write, which failed, may have stored.
  each.given ||= delivered;
  return { each, conclusion: { ...conclusion, delivered } };
}
