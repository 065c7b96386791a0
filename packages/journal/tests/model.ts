/** The port's promises in a few lines of memory: what any journal must do, one call after the other. */
import type {
  Attempt,
  AttemptOutcome,
  Claim,
  ClaimResult,
  Conclusion,
  Ended,
  Item,
  PaymentRecord,
  Preparation,
  Signed,
  Unfinished,
} from '@facilitator/engine';
import type { Seconds } from '@facilitator/protocol';

type Known = Attempt & { readonly age: number; outcome: 'open' | AttemptOutcome['status'] };

/** Thrown where the journal must reject. */
export class Refused extends Error {}

export class ModelJournal {
  readonly now: Seconds;
  readonly payments = new Map<string, PaymentRecord>();
  readonly attempts = new Map<string, Known>();

  constructor(now: Seconds) {
    this.now = now;
  }

  claim(claim: Claim): ClaimResult {
    const held = [...this.payments.values()].find((each) => claim.key !== undefined && each.key === claim.key);
    if (held !== undefined && held.id !== claim.id) return { status: 'key-conflict' };
    const payment = this.payments.get(claim.id);
    if (payment !== undefined) return { status: 'taken', payment };
    this.payments.set(claim.id, {
      ...claim,
      key: claim.key,
      state: 'claimed',
      transaction: undefined,
      locator: undefined,
      reason: undefined,
      message: undefined,
      delivered: false,
      claimedAt: this.now,
      concludedAt: undefined,
    });
    return { status: 'claimed' };
  }

  handOver(id: string): boolean {
    if (this.payments.get(id)?.state === 'claimed') this.change(id, { state: 'queued' });
    return this.payments.get(id)?.state === 'queued';
  }

  release(id: string): boolean {
    return isUnsigned(this.payments.get(id)) && this.payments.delete(id);
  }

  prepare(
    lane: { network: Claim['network']; signer: string; floor: bigint },
    wanted: readonly Item[],
    hash: string,
  ): Preparation {
    const items = wanted.map(({ id }) => id);
    const { network, signer, floor } = lane;
    const nonces = [...this.attempts.values()].filter((each) => each.signer === signer).map(({ nonce }) => nonce);
    const nonce = nonces.reduce((next, each) => (each >= next ? each + 1n : next), floor);
    const open = new Set([...this.attempts.values()].flatMap((each) => (each.outcome === 'open' ? each.items : [])));
    const fit = ({ id, fingerprint }: Item) => {
      const payment = this.payments.get(id);
      const started = isUnsigned(payment) || payment?.state === 'prepared';
      return started && payment?.fingerprint === fingerprint;
    };
    if (new Set(items).size < items.length) throw new Refused();
    const gone = wanted.filter((item) => !fit(item) || open.has(item.id)).map(({ id }) => id);
    if (gone.length > 0) return { status: 'gone', ids: gone };
    if (this.attempts.has(hash)) throw new Refused();
    const attempt: Attempt = { network, signer, nonce, items, hash, bytes: `bytes at ${nonce}` };
    this.attempts.set(hash, { ...attempt, age: 0, outcome: 'open' });
    for (const id of items) this.change(id, { state: 'prepared', transaction: hash });
    return { status: 'prepared', attempt };
  }

  replace(over: string, signed: Signed): Attempt {
    const replaced = this.attempts.get(over);
    if (replaced?.outcome !== 'open' || this.attempts.has(signed.hash)) throw new Refused();
    const { network, signer, nonce, items } = replaced;
    const attempt: Attempt = { network, signer, nonce, items, ...signed };
    this.attempts.set(signed.hash, { ...attempt, age: this.slot(replaced).length, outcome: 'open' });
    for (const id of items)
      if (this.payments.get(id)?.state === 'prepared') this.change(id, { transaction: signed.hash });
    return attempt;
  }

  resolve(hash: string, outcome: AttemptOutcome, conclusions: readonly { id: string; conclusion: Conclusion }[]) {
    const attempt = this.attempts.get(hash);
    if (attempt === undefined || !['open', outcome.status].includes(attempt.outcome)) throw new Refused();
    if (!conclusions.every(({ id }) => attempt.items.includes(id))) throw new Refused();
    if (new Set(conclusions.map(({ id }) => id)).size < conclusions.length) throw new Refused();
    if (attempt.outcome === 'open')
      for (const each of this.slot(attempt)) if (each.outcome === 'open') each.outcome = 'superseded';
    attempt.outcome = outcome.status;
    return conclusions.map(({ id, conclusion }) => this.conclude(id, conclusion));
  }

  conclude(id: string, conclusion: Conclusion): Ended {
    const payment = this.payments.get(id);
    if (payment === undefined || isUnsigned(payment)) throw new Refused();
    if (payment.state !== 'prepared') return 'known';
    if ([...this.payments.values()].some((other) => isSameTransfer(other, conclusion))) return 'taken';
    const transaction = conclusion.transaction === '' ? undefined : conclusion.transaction;
    this.change(id, { ...conclusion, transaction, authorization: undefined, concludedAt: this.now });
    return 'ended';
  }

  deliver(id: string): boolean {
    const payment = this.payments.get(id);
    if (payment?.state !== 'settled' || payment.delivered) return false;
    this.change(id, { delivered: true });
    return true;
  }

  undeliver(id: string): void {
    if (this.payments.has(id)) this.change(id, { delivered: false });
  }

  paymentsByTransaction(hash: string): readonly PaymentRecord[] {
    const items = this.attempts.get(hash)?.items ?? [];
    const proved = [...this.payments.values()].filter((each) => each.transaction === hash && !items.includes(each.id));
    const carried = items.flatMap((id) => this.payments.get(id) ?? []);
    return [...carried, ...proved.toSorted((a, b) => (a.id < b.id ? -1 : 1))];
  }

  unfinished(): Unfinished {
    // What is `claimed` is this process's own.
    const payments = [...this.payments.values()].filter(({ state }) => state === 'queued' || state === 'prepared');
    const attempts = [...this.attempts.values()].filter((each) => each.outcome === 'open');
    const byNonce = (a: Known, b: Known) =>
      Number(a.nonce - b.nonce) || a.age - b.age || (a.signer < b.signer ? -1 : 1);
    return {
      payments: payments.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      attempts: attempts.toSorted(byNonce).map(({ outcome, age, ...attempt }) => attempt),
    };
  }

  /** All that share its nonce. */
  private slot(attempt: Attempt): readonly Known[] {
    return [...this.attempts.values()].filter(
      ({ signer, nonce }) => signer === attempt.signer && nonce === attempt.nonce,
    );
  }

  private change(id: string, more: Partial<PaymentRecord>): void {
    const payment = this.payments.get(id);
    if (payment !== undefined) this.payments.set(id, { ...payment, ...more });
  }
}

function isUnsigned(payment: PaymentRecord | undefined): boolean {
  return payment?.state === 'claimed' || payment?.state === 'queued';
}

function isSameTransfer(other: PaymentRecord, conclusion: Conclusion): boolean {
  return (
    conclusion.state === 'settled' &&
    other.state === 'settled' &&
    other.transaction === conclusion.transaction &&
    other.locator?.logIndex === conclusion.locator.logIndex
  );
}
