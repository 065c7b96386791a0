/** Verified payments on their way to a lane. */
import type { Batching } from '@facilitator/protocol';
import { describeError } from '../describe-error.ts';
import type { Settlement } from '../engine.ts';
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { failed, notSent } from './answers.ts';
import type { Case } from './case.ts';
import type { Cases } from './cases.ts';
import { type CompanyRules, companyOf, sociable } from './company.ts';
import { waitsForDeployment } from './deployments.ts';
import { createGathering } from './gathering.ts';
import type { Leftovers } from './leftovers.ts';

export type QueueOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  /** Anchors whose claims could not be released. */
  readonly leftovers: Pick<Leftovers, 'add'>;
  /** Transactions that may be sent before lanes have to wait for a block. */
  readonly room: () => number;
  /** Transactions that all lanes together may have open. */
  readonly window: () => number;
  /** Payments that are being verified: most of them will be here soon. */
  readonly coming: () => number;
  /** The facilitator's own rule of who shares a transaction. */
  readonly batching: Batching;
  /** What is known against its token, its payee or its payer; `undefined`: nothing. */
  readonly stopped: (authorization: A) => Settlement | undefined;
  /** There is something to take. */
  readonly onFilled: () => void;
  /** A payment that was on the network once ran out of time: only the chain can say whether it was paid. */
  readonly onDoubtful: (kase: Case<A>) => void;
};

export type Queue<A extends Authorization> = {
  size(): number;
  /** Takes it in, unless it has to come back after another one: its caller is told. */
  add(kase: Case<A>): void;
  /** Puts payments back that a lane took and could not carry, unless a recovery has found them in the journal meanwhile. */
  giveBack(taken: readonly Case<A>[]): void;
  /**
   * The next payments one transaction may carry, never one whose window closes too soon. `budget`: native units that they may
   * cost together; one is given all the same.
   */
  take(budget?: bigint): readonly Case<A>[];
  /** Takes a payment out that the journal does not have any more; false when it is not waiting here. */
  remove(kase: Case<A>): boolean;
  /** Lets go of a payment that is not to be queued, and tells its caller why. */
  turnAway(kase: Case<A>, answer: Settlement): Promise<void>;
  /** Takes a payment out that was never signed, and tells its caller that nothing was sent. */
  withdraw(kase: Case<A>): Promise<void>;
  /** Gives everything away: another process writes now. */
  clear(): readonly Case<A>[];
  /** Stops handing out and withdraws everything that was never signed. */
  close(): Promise<void>;
};

export function createQueue<A extends Authorization>(options: QueueOptions<A>): Queue<A> {
  const { chain, journal, clock, meter, cases } = options;
  let queue: Case<A>[] = [];
  let closed = false;
  /** Whether the last one that was taken travels alone because it must. */
  let lastAlone = false;
  const rules: CompanyRules<A> = {
    batching: options.batching,
    groupable: (authorization) => chain.groupable(authorization),
    sendable: (kase) => unsendable(kase) === undefined,
  };

  const gathering = createGathering({ chain, clock, onOver: options.onFilled });

  /**
   * While less than half of all nonces would be in use by whoever waits and whoever comes, each travels alone and at once. Beyond
   * that as many as fit share a transaction: they reach the same block, with fewer of them.
   */
  function isBusy(): boolean {
    const window = options.window();
    return window - options.room() + queue.length + options.coming() > window / 2;
  }

  /** Whether a transaction that is not full yet may be joined by others first. */
  function mayFill(): boolean {
    const [next] = queue;
    if (next === undefined || !isBusy()) return false;
    return sociable(next, rules) && queue.length < chain.capacity();
  }

  async function drop(kase: Case<A>, settlement: Settlement): Promise<void> {
    try {
      await journal.release(kase.authorization.anchor);
    } catch (error) {
      // Released when it is presented again, or by recovery when this process is gone.
      options.leftovers.add(kase.authorization.anchor);
      meter.record({ type: 'fault', network: chain.network, detail: `a claim stays: ${describeError(error)}` });
    }
    cases.finish(kase, settlement);
    const outcome = settlement.answer.status === 'failed' ? settlement.answer.reason : 'released';
    const payment = kase.authorization.anchor;
    meter.record({ type: 'payment.ended', network: chain.network, payment, outcome, transaction: '' });
  }

  function remove(kase: Case<A>): boolean {
    const at = queue.indexOf(kase);
    if (at >= 0) queue.splice(at, 1);
    return at >= 0;
  }

  async function withdraw(kase: Case<A>): Promise<void> {
    if (remove(kase)) await drop(kase, notSent('The payment could not be sent in time.', 2));
  }

  /**
   * Who must travel alone takes a nonce for one payment. When nonces are short they and those who share take turns, so that
   * neither keeps the other waiting.
   */
  function shift(): Case<A> | undefined {
    const mayShare = (kase: Case<A>) => sociable(kase, rules);
    const short = isBusy();
    const at = short && lastAlone ? Math.max(0, queue.findIndex(mayShare)) : 0;
    const [next] = queue.splice(at, 1);
    // Asked only where it matters: the chain may have to be asked who has code.
    lastAlone = short && next !== undefined && !mayShare(next);
    return next;
  }

  function nextTimely(): Case<A> | undefined {
    for (;;) {
      const next = closed ? undefined : shift();
      if (next === undefined) return undefined;
      const answer = unsendable(next);
      if (answer === undefined) return next;
      if (next.transaction !== '') options.onDoubtful(next);
      else void drop(next, answer);
    }
  }

  /** Whether its caller's time ended while others had it. */
  function isOverdue(kase: Case<A>): boolean {
    return kase.transaction === '' && kase.waiter?.due === true;
  }

  /** What its caller is told when it cannot be sent now. */
  function unsendable({ authorization }: Case<A>): Settlement | undefined {
    const late = chain.untimely(authorization, clock.now());
    if (late !== undefined) return failed(authorization, late.reason, late.message, '');
    return options.stopped(authorization);
  }

  return {
    size: () => queue.length,
    add(kase) {
      kase.phase = 'queued';
      const later = waitsForDeployment(kase, options);
      if (later !== undefined) return void drop(kase, later);
      queue.push(kase);
      if (isOverdue(kase)) void withdraw(kase);
      else options.onFilled();
    },
    giveBack(taken) {
      const back = taken.filter((kase) => kase.phase === 'signing');
      for (const kase of back) kase.phase = 'queued';
      queue.unshift(...back);
      for (const kase of back) if (isOverdue(kase)) void withdraw(kase);
    },
    take(budget) {
      if (mayFill() && gathering.isOn()) return [];
      const busy = isBusy();
      const first = nextTimely();
      if (first === undefined) return [];
      const most = busy ? chain.capacity() : 1;
      // Whoever shares was signed for by a key, so all of them may cost the same.
      const cost = chain.ceiling(first.authorization);
      const affordable = budget === undefined || cost === 0n ? most : Math.max(1, Number(budget / cost));
      const company = companyOf(first, queue, Math.min(most, affordable), rules);
      if (company.length > 0) {
        const taken = new Set(company);
        queue = queue.filter((kase) => !taken.has(kase));
      }
      return [first, ...company];
    },
    remove,
    turnAway: drop,
    withdraw,
    clear() {
      gathering.stop();
      const given = queue;
      queue = [];
      return given;
    },
    async close() {
      closed = true;
      gathering.stop();
      await Promise.all(queue.filter((kase) => kase.transaction === '').map(withdraw));
    },
  };
}
