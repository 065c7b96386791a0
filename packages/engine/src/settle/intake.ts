/** Takes a payment in: one claim per authorization, then the journal and the chain together. */
import type { Payment } from '@facilitator/protocol';
import { describeError } from '../describe-error.ts';
import type { Settlement, SettleOptions } from '../engine.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Authorization, Chain, Verdict } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { duplicate, failed, keyConflict, notSent, refused, unavailable, unchecked } from './answers.ts';
import { attachWaiter, type Case, openCase, type Waiter } from './case.ts';
import { type Cases, pendingOf } from './cases.ts';
import { type Known, OTHER_TERMS } from './known.ts';
import type { Leftovers } from './leftovers.ts';
import { worthless } from './worthless.ts';

export type IntakeOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  readonly known: Known<A>;
  /** Anchors whose claims could not be released. */
  readonly leftovers: Pick<Leftovers, 'add' | 'has' | 'delete'>;
  /** Takes a verified claim on, here or in another process. */
  readonly accept: (kase: Case<A>) => void;
  readonly ask: (authorization: A) => Promise<Verdict<A>>;
  /** What is known against its token, its payee or its payer; `undefined`: nothing. */
  readonly stopped: (authorization: A) => Settlement | undefined;
  /** Refuses a payment that cannot be carried or paid for now; `undefined` admits. */
  readonly admit: (authorization: A) => Promise<Settlement | undefined>;
  /** Reserves what it may cost until it leaves; otherwise the answer. */
  readonly book: (kase: Case<A>) => Settlement | undefined;
  /** True once nothing new may be sent. */
  readonly closing: () => boolean;
};

export type Intake = {
  settle(payment: Payment, how: SettleOptions): Settlement | Promise<Settlement>;
  /** Payments that are being claimed and verified. */
  coming(): number;
};

export function createIntake<A extends Authorization>(options: IntakeOptions<A>): Intake {
  const { chain, journal, clock, meter, cases, known, leftovers } = options;

  async function settle(payment: Payment, how: SettleOptions): Promise<Settlement> {
    const decoded = chain.decode(payment);
    if (decoded.status === 'refused') return refused(decoded);
    const { authorization } = decoded;
    const print = fingerprint(authorization, payment, chain.stow(authorization));
    const settlement = authorization.proven
      ? await take(authorization, print, how)
      : await takeProven(authorization, print, how);
    return { ...settlement, id: authorization.anchor };
  }

  /** The claim within this process, taken before the first await. `verdict`: what the chain has said already. */
  function take(
    authorization: A,
    print: string,
    how: SettleOptions,
    verdict?: Verdict<A>,
  ): Settlement | Promise<Settlement> {
    const running = cases.byAnchor.get(authorization.anchor);
    if (running !== undefined) return join(running, print, how);
    const kase = openCase(authorization, print, how);
    cases.byAnchor.set(authorization.anchor, kase);
    const answered = cases.wait(kase, attachWaiter(kase), how);
    void begin(kase, verdict);
    return answered;
  }

  /**
   * The same for what anybody may have made up: the chain judges it before it may claim anything, or a stranger's bytes
   * could keep the payer's own request away.
   */
  async function takeProven(authorization: A, print: string, how: SettleOptions): Promise<Settlement> {
    const { anchor } = authorization;
    if (cases.byAnchor.has(anchor)) return take(authorization, print, how);
    const since = clock.milliseconds();
    const vetted = await inTime(how.waitMs, vet(authorization, print));
    if (vetted !== undefined && 'answer' in vetted) return vetted;
    const left = { ...how, waitMs: how.waitMs - (clock.milliseconds() - since) };
    return take(asLookedAt(authorization, vetted), print, left, vetted);
  }

  /** An answer, or the chain's good word; nothing for a retry, because what it pays with may be used by now. */
  async function vet(authorization: A, print: string): Promise<Settlement | Verdict<A> | undefined> {
    try {
      const record = await journal.payment(authorization.anchor);
      if (record !== undefined && record.state !== 'claimed')
        return record.fingerprint === print ? undefined : duplicate(authorization, OTHER_TERMS);
    } catch (error) {
      fault(error);
      return unavailable(UNREAD, 2);
    }
    const early = await outright(authorization);
    if (early !== undefined) return early;
    const verdict = await options.ask(authorization);
    return verdict.status === 'valid' ? verdict : unsent(authorization, verdict);
  }

  function inTime<T>(ms: number, work: Promise<T>): Promise<T | Settlement> {
    const { promise, resolve } = Promise.withResolvers<Settlement>();
    const cancel = clock.after(ms, () => resolve(unavailable(TOO_LATE, 2)));
    return Promise.race([work, promise]).finally(cancel);
  }

  /** What needs no chain to be refused. */
  async function outright(authorization: A): Promise<Settlement | undefined> {
    const early = worthless(authorization) ?? chain.untimely(authorization, clock.now());
    if (early !== undefined) return failed(authorization, early.reason, early.message, '');
    return options.stopped(authorization) ?? options.admit(authorization);
  }

  /** Another request for a payment that is on its way here. */
  function join(kase: Case<A>, print: string, how: SettleOptions): Settlement | Promise<Settlement> {
    const sameKey = how.key !== undefined && how.key === kase.key;
    if (print !== kase.fingerprint) return sameKey ? keyConflict() : duplicate(kase.authorization, OTHER_TERMS);
    if (kase.waiter !== undefined && sameKey) return cases.wait(kase, kase.waiter, how);
    if (kase.waiter !== undefined || (kase.key !== undefined && !sameKey)) {
      kase.promised = true;
      return duplicate(kase.authorization, 'This payment is being settled for another caller.');
    }
    const waiter = attachWaiter(kase);
    // What is only being claimed is not in the journal yet, and for what another process carries somebody may wait there.
    const here = kase.phase !== 'claiming' && kase.phase !== 'remote';
    if (here && kase.key === undefined && how.key !== undefined) void adoptKey(kase, waiter, how.key);
    return cases.wait(kase, waiter, how);
  }

  /** The first key came with a retry: from now on the answer is kept under it. */
  async function adoptKey(kase: Case<A>, waiter: Waiter, key: string): Promise<void> {
    kase.key = key;
    try {
      const whose = await known.keep(kase, key);
      if (whose === 'its own') return;
      kase.key = undefined;
      // Where it is nobody's, the payment has ended, and this caller is told how.
      if (whose === 'another’s') cases.tell(kase, keyConflict(), waiter);
    } catch (error) {
      fault(error);
      kase.key = undefined;
      const signed = kase.transaction !== '';
      cases.tell(kase, signed ? pendingOf(kase) : unavailable('The idempotency key could not be stored.', 2), waiter);
    }
  }

  let coming = 0;

  async function begin(kase: Case<A>, judged?: Verdict<A>): Promise<void> {
    const { authorization } = kase;
    let fresh = false;
    coming += 1;
    try {
      if (leftovers.has(authorization.anchor)) await forget(authorization.anchor);
      const record = await journal.payment(authorization.anchor);
      // Only the journal knows whether the process that claimed it still lives.
      if (record !== undefined && record.state !== 'claimed')
        return cases.finish(kase, await known.answer(record, kase));
      fresh = true;
      // What was known of it has gone since it was asked for.
      if (!authorization.proven && judged === undefined) return cases.finish(kase, notSent(GONE, 1));
      const early = (await outright(authorization)) ?? options.book(kase);
      if (early !== undefined) return cases.finish(kase, early);
      const [claim, verdict] = await Promise.all([claimInJournal(kase), judged ?? options.ask(authorization)]);
      if (claim.status === 'taken') return cases.finish(kase, await known.answer(claim.payment, kase));
      if (claim.status === 'key-conflict') return cases.finish(kase, keyConflict());
      // Where nobody waits any more, and nobody was told otherwise, nothing has to be sent.
      const wanted = kase.waiter !== undefined || kase.promised;
      if (verdict.status === 'valid' && wanted && !options.closing()) return options.accept(kase);
      await forget(authorization.anchor);
      if (verdict.status === 'valid') released(authorization.anchor);
      cases.finish(kase, unsent(authorization, verdict));
    } catch (error) {
      fault(error);
      // Harmless if the claim was never stored.
      await forget(authorization.anchor).catch(() => undefined);
      cases.finish(kase, fresh ? notSent('The payment could not be recorded.', 2) : unavailable(UNREAD, 2));
    } finally {
      coming -= 1;
    }
  }

  function fault(error: unknown): void {
    const detail = `a payment could not be taken in: ${describeError(error)}`;
    meter.record({ type: 'fault', network: chain.network, detail });
  }

  /** Its caller left, and was told nothing that says so. */
  function released(payment: string): void {
    const { network } = chain;
    meter.record({ type: 'payment.ended', network, payment, outcome: 'released', transaction: '' });
  }

  async function forget(anchor: string): Promise<void> {
    leftovers.add(anchor);
    await journal.release(anchor);
    leftovers.delete(anchor);
  }

  function claimInJournal(kase: Case<A>) {
    const { authorization, key } = kase;
    const { asset, payer, payTo, amount, expires } = authorization;
    return journal.claim({
      id: authorization.anchor,
      network: chain.network,
      ...{ asset, payer, payTo, amount, expires },
      fingerprint: kase.fingerprint,
      authorization: chain.stow(authorization),
      ...(key === undefined ? {} : { key }),
    });
  }

  return { settle, coming: () => coming };
}

const GONE = 'What was known of this payment is known no more.';
const TOO_LATE = 'The payment could not be checked in time.';
const UNREAD = 'What is known of this payment could not be read.';

function asLookedAt<A extends Authorization>(authorization: A, verdict: Verdict<A> | undefined): A {
  return (verdict?.status === 'valid' ? verdict.as : undefined) ?? authorization;
}

/** Why a claimed payment was not queued. */
function unsent(authorization: Authorization, verdict: Verdict): Settlement {
  if (verdict.status === 'refused') return failed(authorization, verdict.reason, verdict.message, '');
  if (verdict.status === 'unavailable') return unchecked(verdict.detail);
  return notSent('The request ended before the payment was sent.', 1);
}
