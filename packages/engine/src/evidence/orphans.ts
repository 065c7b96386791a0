/** Payments that were prepared once and that no open attempt carries: the chain says whether they are paid, or still can be. */
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Case } from '../settle/case.ts';
import type { Endings } from './endings.ts';
import { judgeLost } from './judge.ts';
import type { Judging } from './judging.ts';

export type OrphansOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly clock: Clock;
  readonly endings: Pick<Endings<A>, 'end'>;
  readonly judging: Pick<Judging, 'begin'>;
  /** Whether a payment that is not late is worth a question now. */
  readonly worthAsking: (authorization: A) => Promise<boolean>;
  /** It may still be paid, and is watched here no more. */
  readonly onPayable: (orphan: Case<A>) => void;
};

export type Orphans<A extends Authorization> = {
  add(orphan: Case<A>): void;
  isEmpty(): boolean;
  /** Begins one look at each. */
  judge(): void;
  /** Watches nothing any more: another process does. */
  forget(): void;
};

export function createOrphans<A extends Authorization>(options: OrphansOptions<A>): Orphans<A> {
  const { chain, clock, endings, judging } = options;
  const orphans = new Map<string, Case<A>>();

  async function judge(orphan: Case<A>): Promise<void> {
    const late = orphan.authorization.expires <= clock.now();
    if (!late && !(await options.worthAsking(orphan.authorization))) return;
    const judgement = await judgeLost(chain, orphan.authorization, orphan.transaction);
    if (judgement.status === 'ended') {
      await endings.end({ each: orphan, conclusion: judgement.conclusion });
      letGo(orphan);
    } else if (judgement.status === 'payable' && orphan.authorization.expires > clock.now()) {
      if (letGo(orphan)) options.onPayable(orphan);
    }
  }

  /** False when it was forgotten meanwhile: another process writes, or this one again, and has found it in the journal. */
  function letGo(orphan: Case<A>): boolean {
    const { anchor } = orphan.authorization;
    return orphans.get(anchor) === orphan && orphans.delete(anchor);
  }

  return {
    add(orphan) {
      orphans.set(orphan.authorization.anchor, orphan);
    },
    isEmpty: () => orphans.size === 0,
    judge() {
      for (const orphan of orphans.values()) judging.begin(orphan, () => judge(orphan));
    },
    forget: () => orphans.clear(),
  };
}
