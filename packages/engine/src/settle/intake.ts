/** Takes a payment in: one claim per authorization, then the journal and the chain together. */
import type { Payment } from '@facilitator/protocol';
import { describeError } from '../describe-error.ts';
import type { Settlement, SettleOptions } from '../engine.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Authorization, Chain, Verdict } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, PaymentRecord } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import {
  duplicate,
  failed,
  finalAnswer,
  keyConflict,
  notSent,
  pending,
  refused,
  unavailable,
  unchecked,
} from './answers.ts';
import { attachWaiter, type Case, openCase } from './case.ts';
import type { Cases } from './cases.ts';

export type IntakeOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  /** Anchors whose claims could not be released. */
  readonly leftovers: Set<string>;
  /** Takes a verified claim on, here or in another process. */
  readonly accept: (kase: Case<A>) => void;
  readonly ask: (authorization: A) => Promise<Verdict>;
  /** Refuses a payment that cannot be carried or paid for now; `undefined` admits, and reserves what it may cost. */
  readonly admit: (kase: Case<A>) => Promise<Settlement | undefined>;
  /** True once nothing new may be sent. */
  readonly closing: () => boolean;
};

export type Intake<A extends Authorization> = {
  settle(payment: Payment, how: SettleOptions): Settlement | Promise<Settlement>;
  /** What the journal's record of this payment means for the caller who waits for it. */
  answerKnown(known: PaymentRecord, kase: Case<A>): Promise<Settlement>;
};

export function createIntake<A extends Authorization>(options: IntakeOptions<A>): Intake<A> {
  const { chain, journal, clock, meter, cases, leftovers } = options;

  function settle(payment: Payment, how: SettleOptions): Settlement | Promise<Settlement> {
    const decoded = chain.decode(payment);
    if (decoded.status === 'refused') return refused(decoded);
    const { authorization } = decoded;
    const print = fingerprint(authorization, payment, chain.stow(authorization));
    const running = cases.byAnchor.get(authorization.anchor);
    if (running !== undefined) return join(running, print, how);
    // The claim within this process, taken before the first await.
    const kase = openCase(authorization, print, how);
    cases.byAnchor.set(authorization.anchor, kase);
    const answered = cases.wait(kase, attachWaiter(kase), how);
    void begin(kase);
    return answered;
  }

  /** Another request for a payment that is on its way here. */
  function join(kase: Case<A>, print: string, how: SettleOptions): Settlement | Promise<Settlement> {
    const sameKey = how.key !== undefined && how.key === kase.key;
    if (print !== kase.fingerprint)
      return sameKey
        ? keyConflict()
        : duplicate(
            kase.authorization,
            'This authorization is being settled for other terms or with another signature.',
          );
    if (kase.waiter !== undefined && sameKey) return cases.wait(kase, kase.waiter, how);
    if (kase.waiter !== undefined || (kase.key !== undefined && !sameKey))
      return duplicate(kase.authorization, 'This payment is being settled for another caller.');
    return cases.wait(kase, attachWaiter(kase), how);
  }

  async function begin(kase: Case<A>): Promise<void> {
    const { authorization } = kase;
    let fresh = false;
    try {
      if (leftovers.has(authorization.anchor)) await forget(authorization.anchor);
      const known = await journal.payment(authorization.anchor);
      // Only the journal knows whether the process that claimed it still lives.
      if (known !== undefined && known.state !== 'claimed') return cases.finish(kase, await answerKnown(known, kase));
      fresh = true;
      const late = chain.untimely(authorization, clock.now());
      if (late !== undefined) return cases.finish(kase, failed(authorization, late.reason, late.message, ''));
      const busy = await options.admit(kase);
      if (busy !== undefined) return cases.finish(kase, busy);
      const [claim, verdict] = await Promise.all([claimInJournal(kase), options.ask(authorization)]);
      if (claim.status === 'taken') return cases.finish(kase, await answerKnown(claim.payment, kase));
      if (claim.status === 'key-conflict') return cases.finish(kase, keyConflict());
      // Nobody waits any more and nothing was sent: nothing has to be.
      if (verdict.status === 'valid' && kase.waiter !== undefined && !options.closing()) return options.accept(kase);
      await forget(authorization.anchor);
      cases.finish(kase, unsent(authorization, verdict));
    } catch (error) {
      meter.record({
        type: 'fault',
        network: chain.network,
        detail: `a payment could not be taken in: ${describeError(error)}`,
      });
      // Harmless if the claim was never stored.
      await forget(authorization.anchor).catch(() => undefined);
      cases.finish(kase, fresh ? notSent('The payment could not be recorded.', 2) : unavailable(UNREAD, 2));
    }
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

  async function answerKnown(known: PaymentRecord, kase: Case<A>): Promise<Settlement> {
    const { authorization, key } = kase;
    const sameKey = key !== undefined && key === known.key;
    if (known.fingerprint !== kase.fingerprint)
      return sameKey
        ? keyConflict()
        : duplicate(authorization, 'This authorization was presented for other terms or with another signature.');
    if (known.key !== undefined && !sameKey)
      return duplicate(authorization, 'This payment was presented with an idempotency key. Use the same key.');
    const final = finalAnswer(known);
    if (final === undefined)
      return known.transaction === undefined
        ? unavailable('This payment is on its way in another process.', 1)
        : pending(authorization, known.transaction);
    if (known.state === 'failed' || sameKey) return final;
    if (kase.waiter === undefined || !(await journal.deliver(known.id)))
      return duplicate(authorization, 'This payment was settled and its success was delivered already.');
    // The caller may have left while the delivery was written.
    if (kase.waiter === undefined) await journal.undeliver(known.id);
    return final;
  }

  return { settle, answerKnown };
}

const UNREAD = 'What is known of this payment could not be read.';

/** Why a claimed payment was not queued. */
function unsent(authorization: Authorization, verdict: Verdict): Settlement {
  if (verdict.status === 'refused') return failed(authorization, verdict.reason, verdict.message, '');
  if (verdict.status === 'unavailable') return unchecked(verdict.detail);
  return notSent('The request ended before the payment was sent.', 1);
}
