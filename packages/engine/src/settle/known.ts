/** What the journal's record of a payment means for the caller who waits for it. */
import type { Settlement } from '../engine.ts';
import type { Authorization } from '../ports/chain.ts';
import type { Journal, PaymentRecord } from '../ports/journal.ts';
import { duplicate, finalAnswer, keyConflict, pending, unavailable } from './answers.ts';
import type { Case } from './case.ts';
import type { Cases } from './cases.ts';

export type KnownOptions<A extends Authorization> = {
  readonly journal: Pick<Journal, 'deliver' | 'takeKey' | 'paymentByKey' | 'undeliver'>;
  readonly cases: Pick<Cases<A>, 'giving'>;
};

export type Known<A extends Authorization> = {
  /** Its answer; takes the one delivery for a success. Rejects when the journal cannot be asked. */
  answer(known: PaymentRecord, kase: Case<A>): Promise<Settlement>;
  /** Keeps the answer under a key that came with a retry, unless it has one already. Answers whose key it is now. */
  keep(kase: Case<A>, key: string): Promise<'its own' | 'another’s' | 'nobody’s'>;
};

export const OTHER_TERMS = 'This authorization was presented for other terms or with another signature.';

export function createKnown<A extends Authorization>({ journal, cases }: KnownOptions<A>): Known<A> {
  async function answer(known: PaymentRecord, kase: Case<A>): Promise<Settlement> {
    const { authorization, key } = kase;
    const sameKey = key !== undefined && key === known.key;
    if (known.fingerprint !== kase.fingerprint) return sameKey ? keyConflict() : duplicate(authorization, OTHER_TERMS);
    if (known.key !== undefined && !sameKey)
      return duplicate(authorization, 'This payment was presented with an idempotency key. Use the same key.');
    const final = finalAnswer(known);
    if (final === undefined)
      return known.transaction === undefined
        ? unavailable('This payment is on its way in another process.', 1)
        : pending(authorization, known.transaction);
    if (known.state === 'failed' || sameKey) return final;
    // Whatever fails from here on, that much can be said.
    kase.transaction = known.transaction ?? kase.transaction;
    // A write that failed stored it as delivered to a caller of this payment here, who was not told.
    if (kase.given && known.delivered) await journal.undeliver(known.id);
    // A success that finds its caller gone is given back by whoever sends it.
    return kase.waiter === undefined ? delivered(authorization) : cases.giving([kase], () => give(final, kase));
  }

  /** The one delivery of a success, if it is still to be had. */
  async function give(final: Settlement, kase: Case<A>): Promise<Settlement> {
    const { authorization, key } = kase;
    if (key === undefined) return (await journal.deliver(authorization.anchor)) ? final : delivered(authorization);
    const whose = await keep(kase, key);
    if (whose === 'another’s') return keyConflict();
    return whose === 'its own' ? final : delivered(authorization);
  }

  async function keep(kase: Case<A>, key: string): Promise<'its own' | 'another’s' | 'nobody’s'> {
    const { anchor } = kase.authorization;
    if (await journal.takeKey(anchor, key)) return 'its own';
    const owner = await journal.paymentByKey(key);
    if (owner === undefined) return 'nobody’s';
    // Taken by an earlier write for the same caller, which failed or is not known here yet.
    return owner.id === anchor && owner.fingerprint === kase.fingerprint ? 'its own' : 'another’s';
  }

  return { answer, keep };
}

function delivered(authorization: Authorization): Settlement {
  return duplicate(authorization, 'This payment was settled and its success was delivered already.');
}
