/** One network's desk: takes its payments in and sees each through to an answer. Networks share nothing but the journal. */
import type { Payment, VerifyAnswer } from '@facilitator/protocol';
import type { NetworkStatus, Settlement, SettleOptions, Unavailable } from './engine.ts';
import { createTracker } from './evidence/tracker.ts';
import { fingerprint } from './fingerprint.ts';
import type { Attempt, Authorization, Chain, Refusal } from './ports/chain.ts';
import type { Clock } from './ports/clock.ts';
import type { Conclusion, Journal, PaymentRecord } from './ports/journal.ts';
import type { Meter } from './ports/meter.ts';
import { duplicate, failed, finalAnswer, keyConflict, pending, settled, unavailable } from './settle/answers.ts';
import { attachWaiter, type Case, openCase, type Waiter } from './settle/case.ts';
import { createLane } from './settle/lane.ts';
import { createMicroBatch } from './verify/micro-batch.ts';

export type DeskOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
};

export type Desk = {
  status(): NetworkStatus;
  open(): Promise<void>;
  verify(payment: Payment): Promise<VerifyAnswer | Unavailable>;
  settle(payment: Payment, options: SettleOptions): Promise<Settlement>;
  close(graceMs: number): Promise<void>;
};

/** Transactions one signer may have open. Nodes keep 16 slots per sender; the rest is room for replacements. */
const NONCE_WINDOW = 12;
/** Authorizations per verification round trip. */
const VERIFY_MOST = 50;
const VERIFY_PATIENCE_MS = 25;
/** Pause before a lane that could not sign or journal tries again. */
const LANE_RETRY_MS = 1_000;
/** Pause before a network that did not open is asked again. */
const OPEN_RETRY_MS = 5_000;

export function createDesk<A extends Authorization>(options: DeskOptions<A>): Desk {
  const { chain, journal, clock, meter } = options;
  const network = chain.network;
  const cases = new Map<string, Case<A>>();
  const queue: Case<A>[] = [];
  let status: NetworkStatus['status'] = 'opening';
  let reason = 'The network has not been checked yet.';
  let closing = false;
  let cancelReopen: (() => void) | undefined;

  const ask = createMicroBatch({
    clock,
    most: VERIFY_MOST,
    patienceMs: VERIFY_PATIENCE_MS,
    ask: async (batch: readonly A[]) => {
      const started = clock.milliseconds();
      const verdicts = await chain.verify(batch);
      meter.record({ type: 'verify.call', network, size: batch.length, ms: clock.milliseconds() - started });
      return verdicts;
    },
  });

  const lanes = chain.signers.map((signer) =>
    createLane({ chain, signer, journal, meter, window: NONCE_WINDOW, take, onPrepared, onFailed: onStalled }),
  );

  const tracker = createTracker({
    chain,
    journal,
    clock,
    meter,
    onConcluded,
    onUnwritten(kase: Case<A>) {
      const waiter = kase.waiter;
      if (waiter === undefined) return;
      waiter.held = false;
      if (waiter.due) tell(kase, pending(kase.authorization, kase.transaction));
    },
    onOrphan: enqueue,
    onResolved(attempt: Attempt, outcome: 'included' | 'superseded') {
      const lane = lanes.find((each) => each.signer === attempt.signer);
      lane?.closed();
      if (outcome === 'superseded') {
        meter.record({
          type: 'fault',
          network,
          detail: `nonce ${attempt.nonce} of ${attempt.signer} was used elsewhere`,
        });
        void lane?.align().then(kick, () => clock.after(LANE_RETRY_MS, kick));
      }
      kick();
    },
  });

  // --- taking payments in ---

  /** Why nothing can be taken now, if so. */
  function shut(): Refusal | Unavailable | undefined {
    if (closing) return unavailable('The facilitator is shutting down. Send the request again.', 1).answer;
    if (status === 'open') return undefined;
    if (status === 'closed')
      return { status: 'refused', reason: 'invalid_network', message: `${network} is switched off: ${reason}` };
    return unavailable(`${network} is not available now: ${reason}`, 5).answer;
  }

  async function verify(payment: Payment): Promise<VerifyAnswer | Unavailable> {
    const answer = await judge(payment);
    if (answer.status !== 'unavailable')
      meter.record({
        type: 'verify.done',
        network,
        outcome: answer.status === 'valid' ? 'valid' : answer.reason,
      });
    return answer;
  }

  async function judge(payment: Payment): Promise<VerifyAnswer | Unavailable> {
    const closed = shut();
    if (closed !== undefined) return closed.status === 'refused' ? invalid(closed) : closed;
    const decoded = chain.decode(payment);
    if (decoded.status === 'refused') return invalid(decoded);
    const { authorization } = decoded;
    const { payer } = authorization;
    const late = chain.untimely(authorization, clock.now());
    if (late !== undefined) return invalid({ ...late, payer });
    const verdict = await ask(authorization);
    if (verdict.status === 'valid') return { status: 'valid', payer };
    if (verdict.status === 'refused') return invalid({ ...verdict, payer });
    return unavailable(`The payment could not be checked: ${verdict.detail}`, 2).answer;
  }

  async function settle(payment: Payment, how: SettleOptions): Promise<Settlement> {
    const settlement = await present(payment, how);
    const { answer, id } = settlement;
    if (answer.status === 'settled' || answer.status === 'pending' || answer.status === 'failed')
      meter.record({
        type: 'settle.done',
        network,
        payment: id ?? '',
        outcome: answer.status === 'failed' ? answer.reason : answer.status,
        transaction: answer.transaction,
      });
    return settlement;
  }

  function present(payment: Payment, how: SettleOptions): Settlement | Promise<Settlement> {
    const decoded = chain.decode(payment);
    const closed = shut();
    if (closed?.status === 'refused') return refuse(closed);
    if (closed !== undefined) return { id: undefined, answer: closed };
    if (decoded.status === 'refused') return refuse(decoded);
    const { authorization } = decoded;
    const print = fingerprint(authorization, payment);
    const running = cases.get(authorization.anchor);
    if (running !== undefined) return join(running, print, how);
    // The claim within this process, taken before the first await.
    const kase = openCase(authorization, print, how.key);
    cases.set(authorization.anchor, kase);
    const answered = wait(kase, attachWaiter(kase), how);
    void begin(kase);
    return answered;
  }

  /** Another request for a payment that is on its way here. */
  function join(kase: Case<A>, print: string, how: SettleOptions): Settlement | Promise<Settlement> {
    const sameKey = how.key !== undefined && how.key === kase.key;
    if (print !== kase.fingerprint)
      return sameKey
        ? keyConflict()
        : duplicate(kase.authorization, 'This authorization is being settled for other terms.');
    if (kase.waiter !== undefined && sameKey) return wait(kase, kase.waiter, how);
    if (kase.waiter !== undefined || (kase.key !== undefined && !sameKey))
      return duplicate(kase.authorization, 'This payment is being settled for another caller.');
    return wait(kase, attachWaiter(kase), how);
  }

  /** Journal first, then claim and chain together; a payment that passes both is queued. */
  async function begin(kase: Case<A>): Promise<void> {
    const { authorization } = kase;
    const id = authorization.anchor;
    try {
      const known = await journal.payment(id);
      if (known !== undefined) return finish(kase, await answerKnown(known, kase));
      const late = chain.untimely(authorization, clock.now());
      if (late !== undefined) return finish(kase, failed(authorization, late.reason, late.message, ''));
      const [claim, verdict] = await Promise.all([
        journal.claim({
          id,
          network,
          asset: authorization.asset,
          payer: authorization.payer,
          payTo: authorization.payTo,
          amount: authorization.amount,
          expires: authorization.expires,
          fingerprint: kase.fingerprint,
          authorization: chain.stow(authorization),
          ...(kase.key === undefined ? {} : { key: kase.key }),
        }),
        ask(authorization),
      ]);
      if (claim.status === 'taken') return finish(kase, await answerKnown(claim.payment, kase));
      if (claim.status === 'key-conflict') return finish(kase, keyConflict());
      // Nobody waits any more and nothing was sent: nothing has to be.
      if (verdict.status === 'valid' && kase.waiter !== undefined && !closing) return enqueue(kase);
      await journal.release(id);
      if (verdict.status === 'refused') finish(kase, failed(authorization, verdict.reason, verdict.message, ''));
      else if (verdict.status === 'unavailable')
        finish(kase, unavailable(`The payment could not be checked: ${verdict.detail}`, 2));
      else finish(kase, unavailable('The facilitator is shutting down. Send the request again.', 1));
    } catch (error) {
      meter.record({ type: 'fault', network, detail: `taking a payment in failed: ${describe(error)}` });
      // Harmless if the claim was never stored; recovery releases it if this fails too.
      await journal.release(id).catch(() => false);
      finish(kase, unavailable('The payment could not be recorded. Nothing was sent.', 2));
    }
  }

  /** What the journal says to somebody who presents a payment it knows. */
  async function answerKnown(known: PaymentRecord, kase: Case<A>): Promise<Settlement> {
    const { authorization, key } = kase;
    const sameKey = key !== undefined && key === known.key;
    if (known.fingerprint !== kase.fingerprint)
      return sameKey ? keyConflict() : duplicate(authorization, 'This authorization was presented for other terms.');
    if (known.key !== undefined && !sameKey)
      return duplicate(authorization, 'This payment was presented with an idempotency key. Use the same key.');
    const final = finalAnswer(known);
    if (final === undefined)
      return known.transaction === undefined
        ? unavailable('This payment is being taken in by another process.', 1)
        : pending(authorization, known.transaction);
    if (known.state === 'failed' || sameKey) return final;
    if (!(await journal.deliver(known.id)))
      return duplicate(authorization, 'This payment was settled and its success was delivered already.');
    // The caller may have left while the delivery was written.
    if (kase.waiter === undefined) await journal.undeliver(known.id);
    return final;
  }

  // --- callers ---

  /** One caller's wait: ends with the answer, with its time, or with its connection. */
  async function wait(kase: Case<A>, waiter: Waiter, how: SettleOptions): Promise<Settlement> {
    waiter.callers += 1;
    const cancel = clock.after(how.waitMs, () => expire(kase, waiter));
    const leave = () => {
      waiter.callers -= 1;
      // A delivery that is being written goes on; whoever sends it sees that nobody is there and gives it back.
      if (waiter.callers === 0 && !waiter.held) tell(kase, pendingOf(kase), waiter);
    };
    if (how.signal.aborted) leave();
    how.signal.addEventListener('abort', leave, { once: true });
    try {
      return await waiter.answered;
    } finally {
      cancel();
      how.signal.removeEventListener('abort', leave);
    }
  }

  function expire(kase: Case<A>, waiter: Waiter): void {
    const { authorization, transaction } = kase;
    if (waiter.held || kase.phase === 'signing') waiter.due = true;
    else if (transaction !== '') tell(kase, pending(authorization, transaction), waiter);
    else if (kase.phase === 'queued') void withdraw(kase);
    else tell(kase, unavailable('The payment could not be checked in time. Nothing was sent.', 2), waiter);
  }

  function tell(kase: Case<A>, settlement: Settlement, waiter: Waiter | undefined = kase.waiter): void {
    if (kase.waiter === waiter) kase.waiter = undefined;
    waiter?.answer(settlement);
  }

  /** The payment leaves this process's hands. */
  function finish(kase: Case<A>, settlement: Settlement): void {
    cases.delete(kase.authorization.anchor);
    tell(kase, settlement);
  }

  // --- the queue ---

  function enqueue(kase: Case<A>): void {
    kase.phase = 'queued';
    queue.push(kase);
    kick();
  }

  function kick(): void {
    if (closing) return;
    // Least in flight first, so that one stuck signer does not hold the queue.
    for (const lane of lanes.toSorted((a, b) => a.inFlight() - b.inFlight())) lane.pump();
  }

  function take(): readonly Case<A>[] {
    for (;;) {
      const next = closing ? undefined : queue.shift();
      if (next === undefined) return [];
      const late = chain.untimely(next.authorization, clock.now());
      if (late === undefined) return [next];
      // Proof that it was not paid is needed once it has been on the network.
      if (next.transaction !== '') {
        next.phase = 'prepared';
        tracker.adopt(next);
      } else void drop(next, failed(next.authorization, late.reason, late.message, ''));
    }
  }

  /** Takes a payment that was never signed out of the queue. */
  async function withdraw(kase: Case<A>): Promise<void> {
    const at = queue.indexOf(kase);
    if (at >= 0) queue.splice(at, 1);
    await drop(kase, unavailable('The payment could not be sent in time. Nothing was sent.', 2));
  }

  async function drop(kase: Case<A>, settlement: Settlement): Promise<void> {
    try {
      await journal.release(kase.authorization.anchor);
    } catch (error) {
      meter.record({ type: 'fault', network, detail: `releasing a claim failed: ${describe(error)}` });
    }
    finish(kase, settlement);
  }

  function onPrepared(attempt: Attempt, carried: readonly Case<A>[]): void {
    for (const kase of carried) {
      kase.phase = 'prepared';
      kase.transaction = attempt.hash;
      if (kase.waiter?.due) tell(kase, pending(kase.authorization, attempt.hash));
    }
    tracker.send(attempt, carried);
  }

  /** Nothing was stored or sent: the payments wait for the lane's next try. */
  function onStalled(stalled: readonly Case<A>[], error: unknown): void {
    meter.record({ type: 'fault', network, detail: `a transaction could not be prepared: ${describe(error)}` });
    for (const kase of stalled) kase.phase = 'queued';
    queue.unshift(...stalled);
    for (const kase of stalled) if (kase.waiter?.due) expire(kase, kase.waiter);
    clock.after(LANE_RETRY_MS, kick);
  }

  function onConcluded(kase: Case<A>, conclusion: Conclusion, mine: boolean): void {
    const { authorization } = kase;
    if (!mine) {
      // Somebody else ended it, so only the journal knows whose success it is.
      void journal.payment(authorization.anchor).then(
        async (known) => finish(kase, known === undefined ? pendingOf(kase) : await answerKnown(known, kase)),
        () => finish(kase, pendingOf(kase)),
      );
      return;
    }
    finish(
      kase,
      conclusion.state === 'settled'
        ? settled(authorization, conclusion.transaction, conclusion.locator)
        : failed(authorization, conclusion.reason, conclusion.message, conclusion.transaction),
    );
  }

  function pendingOf(kase: Case<A>): Settlement {
    return pending(kase.authorization, kase.transaction);
  }

  // --- opening, recovery, closing ---

  async function open(): Promise<void> {
    const opening = await chain.open();
    if (closing) return;
    if (opening.status !== 'open') {
      status = opening.status;
      reason = opening.reason;
      meter.record({ type: 'network.closed', network, reason });
      reopenLater();
      return;
    }
    try {
      await Promise.all(lanes.map((lane) => lane.align()));
      await recover();
    } catch (error) {
      status = 'unreachable';
      reason = 'Its state could not be read.';
      meter.record({ type: 'network.closed', network, reason: `${reason} ${describe(error)}` });
      reopenLater();
      return;
    }
    status = 'open';
    reason = '';
    meter.record({ type: 'network.open', network, notes: opening.notes });
  }

  function reopenLater(): void {
    cancelReopen = clock.after(OPEN_RETRY_MS, () => void open());
  }

  /** Everything the journal holds open is watched again before the first new payment is taken. */
  async function recover(): Promise<void> {
    const { payments, attempts } = await journal.unfinished(network);
    const claims = payments.filter((payment) => payment.state === 'claimed');
    await Promise.all(claims.map((claim) => journal.release(claim.id)));
    for (const payment of payments) {
      if (payment.state !== 'prepared' || payment.authorization === undefined) continue;
      const kase = openCase(chain.recall(payment.authorization), payment.fingerprint, payment.key);
      kase.phase = 'prepared';
      kase.transaction = payment.transaction ?? '';
      cases.set(payment.id, kase);
    }
    const carried = new Set<string>();
    for (const attempt of attempts) {
      const unfinished = attempt.items.flatMap((id) => cases.get(id) ?? []);
      for (const kase of unfinished) carried.add(kase.authorization.anchor);
      lanes.find((lane) => lane.signer === attempt.signer)?.opened();
      tracker.send(attempt, unfinished);
    }
    for (const [id, kase] of cases) if (!carried.has(id)) tracker.adopt(kase);
    if (cases.size > 0) await tracker.tick();
    meter.record({
      type: 'recovered',
      network,
      payments: payments.length - claims.length,
      released: claims.length,
    });
  }

  async function close(graceMs: number): Promise<void> {
    closing = true;
    cancelReopen?.();
    for (const kase of [...queue]) if (kase.transaction === '') await withdraw(kase);
    await Promise.all(lanes.map((lane) => lane.idle()));
    // Whoever waits for a transaction that is out may still get its success.
    await callersGone(graceMs);
    await tracker.stop();
    for (const kase of cases.values())
      if (kase.transaction !== '') tell(kase, pendingOf(kase));
      else tell(kase, unavailable('The facilitator is shutting down. Send the request again.', 1));
  }

  function callersGone(graceMs: number): Promise<void> {
    const waiting = [...cases.values()].flatMap((kase) => kase.waiter?.answered ?? []);
    if (waiting.length === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(graceMs, resolve);
    void Promise.all(waiting).then(() => resolve());
    return promise.finally(cancel);
  }

  return {
    status: () => ({ network, status, reason, signers: chain.signers, inFlight: cases.size }),
    open,
    verify,
    settle,
    close,
  };
}

function invalid(refusal: Refusal): VerifyAnswer {
  const { reason, message, payer } = refusal;
  return { status: 'invalid', reason, message, ...(payer === undefined ? {} : { payer }) };
}

function refuse(refusal: Refusal): Settlement {
  const { reason, message, payer } = refusal;
  return {
    id: undefined,
    answer: { status: 'failed', reason, message, transaction: '', ...(payer === undefined ? {} : { payer }) },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
