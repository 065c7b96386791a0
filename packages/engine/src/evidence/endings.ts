/** Writes down how payments ended, and sees to it that their callers hear of it once. */
import type { Attempt, Authorization } from '../ports/chain.ts';
import type { AttemptOutcome, Conclusion, Journal } from '../ports/journal.ts';
import type { Case } from '../settle/case.ts';
import type { Cases } from '../settle/cases.ts';

/** A payment, and how it ends. */
export type End<A extends Authorization> = { readonly each: Case<A>; readonly conclusion: Conclusion };

export type EndingsOptions<A extends Authorization> = {
  readonly journal: Pick<Journal, 'conclude' | 'resolve'>;
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
  const { journal, giving } = options;

  async function end(given: End<A>): Promise<void> {
    const { each, conclusion } = withDelivery(given);
    tellEnd(each, conclusion, await giving([each], () => journal.conclude(each.authorization.anchor, conclusion)));
  }

  function tellEnd(each: Case<A>, conclusion: Conclusion, mine: boolean): void {
    // No earlier write of it is stored.
    if (mine) each.given = false;
    options.onConcluded(each, conclusion, mine);
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
      const ended = new Set(await giving(cases, write));
      for (const { each, conclusion } of ends) tellEnd(each, conclusion, ended.has(each.authorization.anchor));
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
