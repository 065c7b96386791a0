/**
 * What a network's payments may cost in 24 hours, all together and for one caller. The most that a payment may cost is
 * reserved before it costs anything; what its transaction did cost takes that place when the receipt is there.
 */
import type { Seconds } from '@facilitator/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Cost } from '../ports/journal.ts';
import { createDay, type Day } from './day.ts';

/** Native units for 24 hours. No limit where absent. */
export type BudgetLimits = {
  readonly perDay?: bigint;
  /** For each caller. */
  readonly perCaller?: bigint;
};

/** A payment's hold on the budget. */
export type Reservation = {
  /** What one of its transactions cost for it: counts for its caller. */
  spend(cost: bigint): void;
  /** It can cost nothing any more. Safe to repeat. */
  release(): void;
  /** Another process carries it, and only that one learns what it costs: counts as if it cost the most. Safe to repeat. */
  forfeit(): void;
};

/** Native units; `limit` undefined: none is set. */
export type BudgetView = { readonly spent: bigint; readonly reserved: bigint; readonly limit: bigint | undefined };

export type Booking =
  | { readonly status: 'reserved'; readonly reservation: Reservation }
  /** `whose` budget has no room; `retryAfter` in seconds. */
  | { readonly status: 'exhausted'; readonly whose: 'network' | 'caller'; readonly retryAfter: number };

export type Budget = {
  /** `most`: native units that the payment may cost. What is carried elsewhere counts for the network there. */
  reserve(most: bigint, caller: string | undefined, carried: Carried): Booking;
  /** A transaction is final and cost this much, whoever asked for it. */
  spent(cost: bigint, at: Seconds): void;
  /** From now on these are the network's costs of the day, in place of all that was counted before. */
  recount(costs: readonly Cost[]): void;
  view(): BudgetView;
};

/** Whether this process signs for a payment, or another one. */
export type Carried = 'here' | 'elsewhere';

type Account = { day: Day; reserved: bigint };

/** Callers that are remembered. Of those that have nothing on its way, the one that came first is forgotten first. */
const MOST_CALLERS = 20_000;
/** Reservations end with their payments, in seconds. */
const RESERVED_RETRY = 5;
/** Spending is forgotten by the hour; nobody has to wait longer before it is worth asking. */
const LONGEST_RETRY = 3_600;

export function createBudget({ perDay, perCaller }: BudgetLimits, clock: Pick<Clock, 'now'>): Budget {
  const network: Account = { day: createDay(), reserved: 0n };
  const callers = new Map<string, Account>();

  function accountOf(caller: string): Account {
    const known = callers.get(caller);
    if (known !== undefined) return known;
    if (callers.size >= MOST_CALLERS) forgetOne();
    const account: Account = { day: createDay(), reserved: 0n };
    callers.set(caller, account);
    return account;
  }

  function forgetOne(): void {
    for (const [caller, { reserved }] of callers) {
      if (reserved > 0n) continue;
      callers.delete(caller);
      return;
    }
  }

  /** Seconds until there is room; undefined when there is. */
  function shortOf({ day, reserved }: Account, limit: bigint | undefined, most: bigint): number | undefined {
    if (limit === undefined) return undefined;
    const now = clock.now();
    const spent = day.total(now);
    if (spent + reserved + most <= limit) return undefined;
    if (spent + most <= limit) return RESERVED_RETRY;
    return Math.min(day.untilGone(spent + most - limit, now), LONGEST_RETRY);
  }

  return {
    reserve(most, caller, carried) {
      const networkShort = carried === 'here' ? shortOf(network, perDay, most) : undefined;
      if (networkShort !== undefined) return { status: 'exhausted', whose: 'network', retryAfter: networkShort };
      const own = caller === undefined || perCaller === undefined ? undefined : accountOf(caller);
      const callerShort = own === undefined ? undefined : shortOf(own, perCaller, most);
      if (callerShort !== undefined) return { status: 'exhausted', whose: 'caller', retryAfter: callerShort };
      const accounts = [...(carried === 'here' ? [network] : []), ...(own === undefined ? [] : [own])];
      for (const account of accounts) account.reserved += most;
      let held = true;
      function release(): void {
        if (held) for (const account of accounts) account.reserved -= most;
        held = false;
      }
      return {
        status: 'reserved',
        reservation: {
          spend: (cost) => own?.day.add(cost, clock.now()),
          release,
          forfeit() {
            if (held) for (const account of accounts) account.day.add(most, clock.now());
            release();
          },
        },
      };
    },
    spent: (cost, at) => network.day.add(cost, at),
    recount(costs) {
      network.day = createDay();
      for (const { cost, at } of costs) network.day.add(cost, at);
    },
    view: () => ({ spent: network.day.total(clock.now()), reserved: network.reserved, limit: perDay }),
  };
}
