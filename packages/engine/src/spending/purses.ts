/** What each signer holds, and whether that is enough to be given payments. One question for all, now and then. */
import { describeError } from '../describe-error.ts';
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { Reach } from '../reach.ts';
import { createRounds } from '../rounds.ts';

export type PursesOptions<A extends Authorization> = {
  readonly chain: Pick<Chain<A>, 'network' | 'signers' | 'balances' | 'ceiling'>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly reach: Pick<Reach, 'heard' | 'failed' | 'wavers'>;
  /** Native units that a signer must hold; unless given, the most that one payment of the dearest kind may cost. */
  readonly floor: bigint | undefined;
  /** The question was answered, or could not be. */
  readonly onLooked: () => void;
};

export type Purses = {
  /** Asks now, or joins the question that is under way, and goes on asking. Never rejects. */
  look(): Promise<void>;
  /** There is reason to doubt what is known. */
  lookSoon(): void;
  /** A transaction of this signer is final and cost this much. */
  paid(signer: string, cost: bigint): void;
  /** Native units; undefined while it was never learned. */
  balance(signer: string): bigint | undefined;
  /** Whether it holds too little to be given payments. */
  isDry(signer: string): boolean;
  /** What it may spend above the floor; undefined while its balance is not known. */
  spare(signer: string): bigint | undefined;
  /** True when every signer is dry, so that nothing can be settled. */
  allDry(): boolean;
  stop(): void;
};

type Purse = { balance: bigint | undefined; dry: boolean };

/** Between two questions, in milliseconds: usually, and while a signer is dry or the RPC wavers. */
const USUAL_MS = 60_000;
const KEEN_MS = 10_000;
/** The least time between two questions that doubts make. */
const SOON_MS = 2_000;

export function createPurses<A extends Authorization>(options: PursesOptions<A>): Purses {
  const { chain, clock, meter, reach } = options;
  const { network } = chain;
  const purses = new Map(chain.signers.map((signer): [string, Purse] => [signer, { balance: undefined, dry: false }]));
  let askedAt = Number.NEGATIVE_INFINITY;
  const rounds = createRounds({
    clock,
    look: ask,
    pause: () => (allWell() ? USUAL_MS : KEEN_MS),
    isIdle: () => chain.signers.length === 0,
    onFault(error) {
      reach.failed(describeError(error));
      options.onLooked();
    },
  });

  const floor = () => options.floor ?? chain.ceiling();

  async function ask(): Promise<void> {
    askedAt = clock.milliseconds();
    const balances = await chain.balances();
    reach.heard();
    for (const [index, signer] of chain.signers.entries()) hold(signer, balances[index]);
    options.onLooked();
  }

  function allWell(): boolean {
    return !reach.wavers() && [...purses.values()].every(({ dry }) => !dry);
  }

  function hold(signer: string, balance: bigint | undefined): void {
    const purse = purses.get(signer);
    if (purse === undefined || balance === undefined) return;
    purse.balance = balance;
    const least = floor();
    // Half as much again before it counts as funded, so that one receipt or a cheaper hour does not turn it on and off.
    const dry = balance < (purse.dry ? least + least / 2n : least);
    if (dry === purse.dry) return;
    purse.dry = dry;
    if (dry) meter.record({ type: 'signer.dry', network, signer, balance, floor: least });
    else meter.record({ type: 'signer.funded', network, signer, balance });
  }

  return {
    look: rounds.now,
    lookSoon: () => rounds.within(Math.max(0, askedAt + SOON_MS - clock.milliseconds())),
    paid(signer, cost) {
      const balance = purses.get(signer)?.balance;
      if (balance !== undefined) hold(signer, balance > cost ? balance - cost : 0n);
    },
    balance: (signer) => purses.get(signer)?.balance,
    isDry: (signer) => purses.get(signer)?.dry ?? false,
    spare(signer) {
      const balance = purses.get(signer)?.balance;
      return balance === undefined ? undefined : balance - floor();
    },
    allDry: () => purses.size > 0 && [...purses.values()].every(({ dry }) => dry),
    stop: () => void rounds.stop(),
  };
}
