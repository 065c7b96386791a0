/** One network's desk: takes its payments in and sees each through to an answer. Networks share nothing but the journal. */
import type { Batching, Payment } from '@facilitator/protocol';
import { createBreakers } from './breakers/breakers.ts';
import { createProbe } from './breakers/probe.ts';
import type {
  NetworkStatus,
  Settlement,
  SettleOptions,
  SignerStatus,
  Spending,
  Unavailable,
  Verification,
} from './engine.ts';
import { createTracker, type Tracker } from './evidence/tracker.ts';
import { createGate } from './gate.ts';
import type { Attempt, Authorization, Chain } from './ports/chain.ts';
import type { Clock } from './ports/clock.ts';
import type { Journal } from './ports/journal.ts';
import type { Meter } from './ports/meter.ts';
import { createReach } from './reach.ts';
import { createAdmission, whyDry } from './settle/admission.ts';
import { unavailable } from './settle/answers.ts';
import { createBacklog } from './settle/backlog.ts';
import type { Case } from './settle/case.ts';
import { createCases, pendingOf } from './settle/cases.ts';
import { createGapFiller } from './settle/gap-filler.ts';
import { createIntake, type Intake } from './settle/intake.ts';
import { createKnown } from './settle/known.ts';
import type { Lane } from './settle/lane.ts';
import { createLanes, type Lanes } from './settle/lanes.ts';
import { createLastWord } from './settle/last-word.ts';
import { createLeftovers } from './settle/leftovers.ts';
import { createQueue, type Queue } from './settle/queue.ts';
import { createRemote } from './settle/remote.ts';
import { createStalls } from './settle/stalls.ts';
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

export function createDesk<A extends Authorization>(options: DeskOptions<A>): Desk {
  const { chain, journal, clock, meter, nonceWindow = NONCE_WINDOW, batching = 'auto', spending = {} } = options;
  const network = chain.network;
  let closing = false;

  const pump = () => lanes.pump();
  const window = () => lanes.window();
  const reach = createReach({ ...{ network, clock, meter }, onFailed: () => purses.lookSoon() });
  const breakers = createBreakers({ network, clock, meter });
  const till = createTill<A>({ ...{ chain, journal, clock, meter, reach, spending }, onLooked: pump });
  const { purses, budget } = till;
  const cases = createCases<A>({
    clock,
    onOverdue: (kase) => void (kase.phase === 'remote' ? remote.overdue(kase) : queue.withdraw(kase)),
  });
  const leftovers = createLeftovers({ journal, clock, isCarried: (anchor) => cases.byAnchor.has(anchor) });
  const queue: Queue<A> = createQueue<A>({
    ...{ chain, journal, clock, meter, cases, leftovers },
    room: () => lanes.room(),
    window,
    batching,
    coming: (): number => intake.coming(),
    stopped: breakers.refuse,
    onFilled: pump,
    onDoubtful: doubt,
  });
  const backlog = createBacklog({ network, journal, clock });
  const waiting = () => (writer.writing() ? queue.size() : backlog());
  const known = createKnown<A>({ journal, cases });
  const verifier = createVerifier<A>({ ...{ chain, clock, meter, reach }, onVerdict: breakers.learn });
  const admission = createAdmission<A>({ ...{ chain, clock, meter, window, purses, budget }, waiting });
  const intake: Intake = createIntake<A>({
    ...{ chain, journal, clock, meter, cases, known, leftovers, accept },
    ask: verifier.ask,
    stopped: breakers.admit,
    admit: admission.admit,
    book: (kase) => admission.book(kase, writer.writing() ? 'here' : 'elsewhere'),
    // Where others go on, what was taken in is left to them.
    closing: () => closing && !journal.shared,
  });
  const stalls = createStalls<A>({
    ...{ chain, journal, clock, meter, queue, onPrepared },
    laneOf: (signer) => lanes.of(signer),
    writing: () => writer.writing(),
    // The lane that failed rests; the others do not have to.
    onReturned: () => (writer.writing() ? pump() : handAllOver()),
  });
  const lanes: Lanes = createLanes<A>({
    ...{ chain, journal, clock, meter, purses, reach },
    window: nonceWindow,
    take: queue.take,
    ...{ onPrepared, onGone, onStalled: stalls.onStalled },
    writing: () => writer.writing(),
  });
  const tracker: Tracker<A> = createTracker<A>({
    ...{ chain, journal, clock, meter },
    onResolved: lanes.resolved,
    onReopened: lanes.reopened,
    onGap: (gap) => void fillGap(gap),
    onConcluded: createLastWord<A>({ network, journal, meter, cases, known }),
    giving: cases.giving,
    onOrphan: queue.add,
    onCost: till.paid,
    ask: verifier.ask,
    worthAsking: createProbe<A>({ clock, breakers, ask: verifier.ask }),
    onWasted: breakers.wasted,
    onRefused: purses.lookSoon,
    onLooked: reach.looked,
  });
  const fillGap = createGapFiller<A>({
    ...{ chain, journal, meter, cases, lanes, tracker },
    writing: () => writer.writing(),
  });
  const writer = createWriter<A>({
    ...{ chain, journal, clock, meter, cases, lanes, tracker, till },
    onHandedOver: takeOver,
    onHeld: takeAllOver,
    onLost: handAllOver,
  });
  const remote = createRemote<A>({
    ...{ chain, journal, clock, meter, cases, known, leftovers, queue },
    writing: writer.writing,
    onHandedOver: takeOver,
  });
  const gate = createGate<A>({ chain, clock, meter, prepare });
  let stopListening = () => {};

  /** A verified claim is carried here, or by the process that writes. */
  function accept(kase: Case<A>): void {
    if (writer.writing()) queue.add(kase);
    else void remote.handOver(kase);
  }

  /** It was taken in elsewhere, and counts for the network's budget here. */
  function takeOver(kase: Case<A>): void {
    const refusal = kase.reservation === undefined ? admission.book(kase, 'here') : undefined;
    if (refusal === undefined) queue.add(kase);
    else void queue.turnAway(kase, refusal);
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

  function doubt(kase: Case<A>): void {
    cases.prepared(kase, kase.transaction);
    tracker.adopt(kase);
  }

  function standing(): Pick<NetworkStatus, 'status' | 'reason'> {
    const view = gate.view();
    if (view.status !== 'open') return view;
    const outage = reach.outage();
    if (outage !== undefined) return { status: 'silent', reason: `the RPC does not answer (${outage})` };
    if (purses.allDry()) return { status: 'dry', reason: whyDry(chain) };
    return view;
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
    const { status, reason } = gate.view();
    if (status === 'open') return undefined;
    // Whatever closed it, payments may be on their way there: nothing final may be said of any.
    const how = status === 'closed' ? 'switched off' : 'not available now';
    return unavailable(`${network} is ${how}: ${reason}.`, 5).answer;
  }

  async function prepare(): Promise<void> {
    stopListening();
    stopListening = journal.listen(network, (news) => void remote.onNews(news));
    // Whoever writes counts anew; for others it is what they begin with.
    if (journal.shared) budget.recount(await till.recall([]));
    await Promise.all([writer.start(), purses.look()]);
  }

  return {
    status: () => ({
      ...{ network, ...standing() },
      signers: lanes.all.map(signerStatus),
      budget: budget.view(),
      breakers: breakers.view(),
      writing: writer.writing(),
      inFlight: cases.byAnchor.size,
    }),
    open: gate.open,
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
      gate.stop();
      purses.stop();
      // Another process carries on at once; where there is none, what was not signed is not sent.
      if (journal.shared) await writer.stop();
      else await queue.close();
      await Promise.all(lanes.all.map((lane) => lane.idle()));
      // Whoever waits for a transaction that is out may still get its success.
      await callersGone(graceMs);
      await tracker.stop();
      await writer.stop();
      stopListening();
      remote.stop();
      stalls.stop();
      await leftovers.stop();
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
