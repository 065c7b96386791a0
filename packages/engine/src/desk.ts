/** One network's desk: takes its payments in and sees each through to an answer. Networks share nothing but the journal. */
import type { Batching, Payment } from '@facilitator/protocol';
import { createBreakers } from './breakers/breakers.ts';
import { describeError } from './describe-error.ts';
import type {
  NetworkStatus,
  Settlement,
  SettleOptions,
  SignerStatus,
  Spending,
  Unavailable,
  Verification,
} from './engine.ts';
import { createTracker } from './evidence/tracker.ts';
import type { Attempt, Authorization, Chain } from './ports/chain.ts';
import type { Clock } from './ports/clock.ts';
import type { AttemptOutcome, Conclusion, Journal } from './ports/journal.ts';
import type { Meter } from './ports/meter.ts';
import { createReach } from './reach.ts';
import { createAdmission, whyDry } from './settle/admission.ts';
import { failed, settled, unavailable } from './settle/answers.ts';
import type { Case } from './settle/case.ts';
import { createCases, pendingOf } from './settle/cases.ts';
import { createIntake } from './settle/intake.ts';
import { createLane, type Lane, worthOf } from './settle/lane.ts';
import { createQueue } from './settle/queue.ts';
import { createRemote } from './settle/remote.ts';
import { createTill } from './spending/till.ts';
import { createVerifier } from './verify/verifier.ts';
import { createWriter } from './writer.ts';

export type DeskOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly nonceWindow?: number;
  readonly spending?: Spending;
  readonly batching?: Batching;
};

export type Desk = {
  status(): NetworkStatus;
  /** Checks the network and recovers. Never rejects: a network that cannot open is asked again later. */
  open(): Promise<void>;
  verify(payment: Payment): Promise<Verification>;
  settle(payment: Payment, how: SettleOptions): Promise<Settlement>;
  close(graceMs: number): Promise<void>;
};

/** Transactions one signer may have open. Nodes keep 16 slots per sender; the rest is room for replacements. */
const NONCE_WINDOW = 12;
/** Pause before what could not be read is asked again. */
const RETRY_MS = 1_000;
/** Pause before a network that did not open is asked again; it doubles. */
const OPEN_RETRY_MS = { least: 250, most: 5_000 };

export function createDesk<A extends Authorization>(options: DeskOptions<A>): Desk {
  const { chain, journal, clock, meter, nonceWindow = NONCE_WINDOW, batching = 'auto', spending = {} } = options;
  const network = chain.network;
  let status: NetworkStatus['status'] = 'opening';
  let reason = 'it has not been checked yet';
  let closing = false;
  let cancelReopen: (() => void) | undefined;
  let reopenMs = OPEN_RETRY_MS.least;

  const window = () => lanes.reduce((sum, lane) => sum + lane.window(), 0);
  const reach = createReach({ ...{ network, clock, meter }, onFailed: () => purses.lookSoon() });
  const breakers = createBreakers({ network, clock, meter });
  const till = createTill<A>({ ...{ chain, journal, clock, meter, reach, spending }, onLooked: pump });
  const { purses, budget } = till;
  const cases = createCases<A>({
    clock,
    onOverdue: (kase) => void (kase.phase === 'remote' ? remote.overdue(kase) : queue.withdraw(kase)),
  });
  const leftovers = new Set<string>();
  const queue = createQueue<A>({
    ...{ chain, journal, clock, meter, cases, leftovers },
    room: () => lanes.reduce((sum, lane) => sum + lane.room(), 0),
    window,
    batching,
    stopped: breakers.refuse,
    onFilled: pump,
    onDoubtful: doubt,
  });
  const verifier = createVerifier<A>({ ...{ chain, clock, meter, reach }, onVerdict: breakers.learn });
  const intake = createIntake({
    ...{ chain, journal, clock, meter, cases, leftovers, accept },
    ask: verifier.ask,
    stopped: breakers.admit,
    ...createAdmission<A>({ ...{ chain, clock, meter, window, purses, budget }, waiting: queue.size }),
    // Where others go on, what was taken in is left to them.
    closing: () => closing && !journal.shared,
  });
  const lanes: readonly Lane[] = chain.signers.map((signer) =>
    createLane<A>({
      ...{ chain, signer, journal, clock, meter, purses },
      window: nonceWindow,
      take: queue.take,
      ...{ onPrepared, onGone, onStalled, onRested: pump },
    }),
  );
  const tracker = createTracker<A>({
    ...{ chain, journal, clock, meter, onConcluded, onResolved, onReopened },
    onUnwritten: cases.unhold,
    onOrphan: queue.add,
    onCost: till.paid,
    ask: verifier.ask,
    onWasted: breakers.wasted,
    onRefused: purses.lookSoon,
  });
  const writer = createWriter<A>({
    ...{ chain, journal, clock, meter, cases, lanes, tracker, queue },
    onHeld: takeAllOver,
    onLost: handAllOver,
  });
  const remote = createRemote<A>({
    ...{ chain, journal, clock, meter, cases, leftovers },
    answerKnown: intake.answerKnown,
    writing: writer.writing,
    onHandedOver: queue.add,
  });
  let stopListening = () => {};

  /** A verified claim is carried here, or by the process that writes. */
  function accept(kase: Case<A>): void {
    if (writer.writing()) queue.add(kase);
    else void remote.handOver(kase);
  }

  /** What was handed over while this process was recovering is its own to carry. */
  function takeAllOver(): void {
    pump();
    void remote.onNews(undefined);
  }

  /** Another process writes from now on. What was signed is in the journal; what was not is left to it. */
  function handAllOver(): void {
    for (const kase of queue.clear()) if (kase.transaction === '') void remote.handOver(kase);
    for (const kase of cases.byAnchor.values())
      if (kase.phase === 'prepared' || kase.phase === 'queued') cases.entrusted(kase);
    void remote.onNews(undefined);
  }

  function pump(): void {
    if (!writer.writing()) return;
    // Least in flight first, so that one stuck signer does not hold the queue.
    for (const lane of lanes.toSorted((a, b) => a.inFlight() - b.inFlight())) lane.pump();
  }

  function onPrepared(attempt: Attempt, carried: readonly Case<A>[]): void {
    // Written just before the right to write was lost: whoever has it now finds it in the journal, perhaps this process.
    const mine = writer.writing();
    if (carried.some((kase) => kase.phase !== 'signing')) return;
    for (const kase of carried) (mine ? cases.prepared : cases.entrusted)(kase, attempt.hash);
    if (mine) tracker.send(attempt, carried);
  }

  function onGone(gone: readonly Case<A>[], rest: readonly Case<A>[]): void {
    queue.giveBack(rest);
    // Unless a recovery has found it in the journal meanwhile.
    for (const kase of gone) if (kase.phase === 'signing') void remote.gone(kase);
  }

  function onStalled(stalled: readonly Case<A>[], error: unknown, stored: 'no' | 'unknown'): void {
    meter.record({ type: 'fault', network, detail: `a transaction could not be prepared: ${describeError(error)}` });
    if (stored === 'unknown') void reconcile(stalled);
    else tryAgain(stalled);
  }

  function tryAgain(stalled: readonly Case<A>[]): void {
    queue.giveBack(stalled);
    // The lane that failed rests; the others do not have to.
    if (writer.writing()) pump();
    else handAllOver();
  }

  /** The journal failed while it was told: what it holds is on its way, the rest goes back to the queue. */
  async function reconcile(stalled: readonly Case<A>[]): Promise<void> {
    try {
      const { attempts } = await journal.unfinished(network);
      // A recovery may have found some of them meanwhile.
      const left = new Set(stalled.filter((kase) => kase.phase === 'signing'));
      for (const attempt of attempts) {
        const carried = [...left].filter((kase) => attempt.items.includes(kase.authorization.anchor));
        for (const kase of carried) left.delete(kase);
        if (carried.length === 0) continue;
        const worth = worthOf(
          chain,
          carried.map((kase) => kase.authorization),
        );
        if (writer.writing()) lanes.find(({ signer }) => signer === attempt.signer)?.opened(attempt.nonce, worth);
        onPrepared(attempt, carried);
      }
      tryAgain([...left]);
    } catch (error) {
      meter.record({ type: 'fault', network, detail: `the journal cannot be read: ${describeError(error)}` });
      clock.after(RETRY_MS, () => void reconcile(stalled));
    }
  }

  function doubt(kase: Case<A>): void {
    cases.prepared(kase, kase.transaction);
    tracker.adopt(kase);
  }

  function onConcluded(kase: Case<A>, conclusion: Conclusion, mine: boolean): void {
    const { authorization } = kase;
    if (mine) ended(authorization.anchor, conclusion);
    // A retry that came while the end was being written: the write gave its success to nobody yet.
    const unclaimed = conclusion.state === 'settled' && !conclusion.delivered && kase.waiter !== undefined;
    if (!mine || unclaimed) void askJournal(kase);
    else if (conclusion.state === 'settled')
      cases.finish(kase, settled(authorization, conclusion.transaction, conclusion.locator));
    else cases.finish(kase, failed(authorization, conclusion.reason, conclusion.message, conclusion.transaction));
  }

  function ended(payment: string, conclusion: Conclusion): void {
    const { transaction } = conclusion;
    const outcome = conclusion.state === 'settled' ? 'settled' : conclusion.reason;
    meter.record({ type: 'payment.ended', network, payment, outcome, transaction });
  }

  /** Whose success it is only the journal can decide. */
  async function askJournal(kase: Case<A>): Promise<void> {
    try {
      const known = await journal.payment(kase.authorization.anchor);
      cases.finish(kase, known === undefined ? pendingOf(kase) : await intake.answerKnown(known, kase));
    } catch (error) {
      meter.record({ type: 'fault', network, detail: `a payment's end could not be read: ${describeError(error)}` });
      cases.finish(kase, pendingOf(kase));
    }
  }

  function onResolved({ signer, nonce }: Pick<Attempt, 'signer' | 'nonce'>, outcome: AttemptOutcome['status']): void {
    const lane = lanes.find((each) => each.signer === signer);
    lane?.closed(nonce);
    if (outcome === 'superseded') {
      meter.record({ type: 'fault', network, detail: `nonce ${nonce} of ${signer} was used elsewhere` });
      lane?.align().then(pump, (error: unknown) => {
        reach.failed(describeError(error));
        clock.after(RETRY_MS, pump);
      });
    }
    pump();
  }

  function onReopened({ signer, nonce }: Pick<Attempt, 'signer' | 'nonce'>): void {
    lanes.find((each) => each.signer === signer)?.opened(nonce, 0n);
  }

  function standing(): Pick<NetworkStatus, 'status' | 'reason'> {
    if (status !== 'open') return { status, reason };
    const outage = reach.outage();
    if (outage !== undefined) return { status: 'silent', reason: `the RPC does not answer (${outage})` };
    if (purses.allDry()) return { status: 'dry', reason: whyDry(chain) };
    return { status, reason };
  }

  function signerStatus(lane: Lane): SignerStatus {
    const { signer: address } = lane;
    const failing = lane.trouble() === undefined ? 'good' : 'failing';
    return {
      address,
      balance: purses.balance(address),
      status: purses.isDry(address) ? 'dry' : failing,
      inFlight: lane.inFlight(),
    };
  }

  /** Why nothing can be taken now, if so. */
  function shut(): Unavailable | undefined {
    if (closing) return unavailable('The facilitator is shutting down.', 1).answer;
    if (status === 'open') return undefined;
    // Whatever closed it, payments may be on their way there: nothing final may be said of any.
    const how = status === 'closed' ? 'switched off' : 'not available now';
    return unavailable(`${network} is ${how}: ${reason}.`, 5).answer;
  }

  async function open(): Promise<void> {
    const opening = await chain.open();
    if (closing) return;
    if (opening.status !== 'open') return reopenLater(opening.status, opening.reason);
    try {
      stopListening();
      stopListening = journal.listen(network, (news) => void remote.onNews(news));
      await till.recall();
      await Promise.all([writer.start(), purses.look()]);
    } catch (error) {
      return reopenLater('unreachable', `its state could not be read (${describeError(error)})`);
    }
    status = 'open';
    reason = '';
    meter.record({ type: 'network.open', network, notes: opening.notes });
  }

  function reopenLater(as: 'closed' | 'unreachable', why: string): void {
    status = as;
    reason = why;
    meter.record({ type: 'network.closed', network, reason });
    cancelReopen = clock.after(reopenMs, () => void open());
    reopenMs = Math.min(2 * reopenMs, OPEN_RETRY_MS.most);
  }

  return {
    status: () => ({
      ...{ network, ...standing() },
      signers: lanes.map(signerStatus),
      budget: budget.view(),
      breakers: breakers.view(),
      writing: writer.writing(),
      inFlight: cases.byAnchor.size,
    }),
    open,
    async verify(payment) {
      const closed = shut();
      if (closed === undefined) return verifier.verify(payment);
      return { id: undefined, answer: closed };
    },
    async settle(payment, how) {
      const closed = shut();
      const settlement = closed === undefined ? await intake.settle(payment, how) : { id: undefined, answer: closed };
      report(settlement);
      return settlement;
    },
    async close(graceMs) {
      closing = true;
      cancelReopen?.();
      purses.stop();
      // Another process carries on at once; where there is none, what was not signed is not sent.
      if (journal.shared) await writer.stop();
      else await queue.close();
      await Promise.all(lanes.map((lane) => lane.idle()));
      // Whoever waits for a transaction that is out may still get its success.
      await callersGone(graceMs);
      await tracker.stop();
      await writer.stop();
      stopListening();
      remote.stop();
      await Promise.all([...cases.byAnchor.values()].map(dismiss));
    },
  };

  async function dismiss(kase: Case<A>): Promise<void> {
    if (kase.transaction !== '') cases.tell(kase, pendingOf(kase));
    else if (kase.phase === 'remote') await remote.overdue(kase);
    else cases.tell(kase, unavailable('The facilitator is shutting down.', 1));
  }

  function callersGone(graceMs: number): Promise<void> {
    const waiting = [...cases.byAnchor.values()].flatMap((kase) => kase.waiter?.answered ?? []);
    if (waiting.length === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(graceMs, resolve);
    void Promise.all(waiting).then(() => resolve());
    return promise.finally(cancel);
  }

  function report({ answer, id }: Settlement): void {
    if (answer.status === 'unavailable' || answer.status === 'conflict') return;
    const outcome = answer.status === 'failed' ? answer.reason : answer.status;
    meter.record({ type: 'settle.done', network, payment: id ?? '', outcome, transaction: answer.transaction });
  }
}
