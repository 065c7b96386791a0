/** Writes down how payments ended, and sees to it that their callers hear of it once. */
import type { Attempt, Authorization } from '../ports/chain.ts';
import type { AttemptOutcome, Conclusion, Journal } from '../ports/journal.ts';
import type { Case } from '../settle/case.ts';

/** A payment, and how it ends. */
export type End<A extends Authorization> = { readonly each: Case<A>; readonly conclusion: Conclusion };

export type EndingsOptions<A extends Authorization> = {
  readonly journal: Pick<Journal, 'conclude' | 'resolve'>;
  /** A payment ended and the journal knows it. `mine` is false when it had ended before. */
  readonly onConcluded: (ended: Case<A>, conclusion: Conclusion, mine: boolean) => void;
  /** The journal could not be told now. The payment stays open and is looked at again. */
  readonly onUnwritten: (kase: Case<A>) => void;
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
  const { journal } = options;

  async function end(given: End<A>): Promise<void> {
    const { each, conclusion } = withDelivery(given);
    const mine = await holding([each], journal.conclude(each.authorization.anchor, conclusion));
    options.onConcluded(each, conclusion, mine);
  }

  /** Waiters whose delivery is being written must not be told anything else until the write is known to stand. */
  async function holding<T>(cases: readonly Case<A>[], write: Promise<T>): Promise<T> {
    try {
      return await write;
    } catch (error) {
      for (const each of cases) options.onUnwritten(each);
      throw error;
    }
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
      const cases = ends.map(({ each }) => each);
      const ended = new Set(await holding(cases, journal.resolve(attempt.hash, outcome, conclusions)));
      for (const { each, conclusion } of ends)
        options.onConcluded(each, conclusion, ended.has(each.authorization.anchor));
    },
  };
}

/** A caller who waits gets the success in the same journal write that ends the payment. */
function withDelivery<A extends Authorization>({ each, conclusion }: End<A>): End<A> {
  if (each.waiter !== undefined) each.waiter.held = true;
  if (conclusion.state !== 'settled') return { each, conclusion };
  return { each, conclusion: { ...conclusion, delivered: each.waiter !== undefined } };
}
