/** Payments that another process carries, and news of them: the side of a replica that does not write. */
import { describeError } from '../describe-error.ts';
import type { Settlement } from '../engine.ts';
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, PaymentRecord } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { notSent, unavailable } from './answers.ts';
import type { Case } from './case.ts';
import { type Cases, pendingOf } from './cases.ts';
import type { Known } from './known.ts';
import type { Leftovers } from './leftovers.ts';
import type { Queue } from './queue.ts';
import { reopen } from './reopen.ts';

export type RemoteOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly cases: Cases<A>;
  /** Anchors whose claims could neither be handed over nor released. */
  readonly leftovers: Pick<Leftovers, 'add'>;
  readonly known: Pick<Known<A>, 'answer'>;
  /** True while this process writes for the network. */
  readonly writing: () => boolean;
  /** A payment that was handed over to this process. */
  readonly onHandedOver: (kase: Case<A>) => void;
  readonly queue: Pick<Queue<A>, 'remove'>;
};

export type Remote<A extends Authorization> = {
  /** Leaves a verified claim to the writer. Its caller goes on waiting here. */
  handOver(kase: Case<A>): Promise<void>;
  /** The caller has no more time: takes the payment back if nothing was signed, else tells what there is. */
  overdue(kase: Case<A>): Promise<void>;
  /** The journal does not let it be prepared: its caller is told what became of it. */
  gone(kase: Case<A>): Promise<void>;
  /** Something happened to a payment; `undefined`: perhaps to any. */
  onNews(id: string | undefined): Promise<void>;
  stop(): void;
};

/** Pause before the journal is asked again what the news were about. */
const NEWS_RETRY_MS = 1_000;

export function createRemote<A extends Authorization>(options: RemoteOptions<A>): Remote<A> {
  const { chain, journal, clock, meter, cases, known } = options;
  let cancelRetry: (() => void) | undefined;
  let stopped = false;

  async function handOver(kase: Case<A>): Promise<void> {
    cases.entrusted(kase);
    await guarded(kase, async () => {
      if (await journal.handOver(kase.authorization.anchor)) return;
      takenBack(kase, notSent('The payment could not be handed to the process that writes.', 1));
    });
  }

  async function overdue(kase: Case<A>): Promise<void> {
    await guarded(kase, async () => {
      const { anchor } = kase.authorization;
      const released = kase.transaction === '' && (await journal.release(anchor));
      if (released) takenBack(kase, notSent('The payment could not be sent in time.', 2));
      else await learn(anchor, true);
    });
  }

  async function gone(kase: Case<A>): Promise<void> {
    await guarded(kase, async () => {
      const record = await journal.payment(kase.authorization.anchor);
      if (record === undefined) takenBack(kase, unsent());
      else cases.finish(kase, await known.answer(record, kase));
      // Its caller came back through another process, and that one handed it over anew.
      if (record?.state === 'queued' && options.writing()) take(record);
    });
  }

  async function onNews(id: string | undefined): Promise<void> {
    if (id !== undefined) return learn(id, false).catch(missed);
    const remote = [...cases.byAnchor.values()].filter((kase) => kase.phase === 'remote');
    await Promise.all(remote.map((kase) => onNews(kase.authorization.anchor)));
    if (!options.writing()) return;
    try {
      const { payments } = await journal.unfinished(chain.network);
      for (const payment of payments) if (payment.state === 'queued') take(payment);
      const open = new Set(payments.map(({ id }) => id));
      const doubtful = [...cases.byAnchor.values()].filter(
        (kase) => isUnsigned(kase) && kase.waiter === undefined && !open.has(kase.authorization.anchor),
      );
      await Promise.all(doubtful.map(review));
    } catch (error) {
      missed(error);
    }
  }

  /** Nobody tells it again: the journal is asked about everything, until it answers. */
  function missed(error: unknown): void {
    fault(error);
    if (stopped) return;
    cancelRetry ??= clock.after(NEWS_RETRY_MS, () => {
      cancelRetry = undefined;
      void onNews(undefined);
    });
  }

  async function learn(id: string, overdueNow: boolean): Promise<void> {
    const kase = cases.byAnchor.get(id);
    if (kase !== undefined && isUnsigned(kase)) return review(kase);
    // Whatever this process carries itself, it knows better; what it is only claiming, another has.
    if (kase === undefined || kase.phase === 'claiming' ? !options.writing() : kase.phase !== 'remote') return;
    const record = await journal.payment(id);
    if (record?.state === 'queued' && options.writing()) return take(record);
    if (kase === undefined || kase.phase !== 'remote') return;
    if (record === undefined) takenBack(kase, unsent());
    else if (record.state === 'settled' || record.state === 'failed')
      cases.finish(kase, await known.answer(record, kase));
    else {
      cases.entrusted(kase, record.transaction);
      if (overdueNow) cases.tell(kase, kase.transaction === '' ? unreadable() : pendingOf(kase));
    }
  }

  function isUnsigned(kase: Case<A>): boolean {
    return kase.phase === 'queued' && kase.transaction === '';
  }

  /** What waits here may have been handed over by a process that took it back since. */
  async function review(kase: Case<A>): Promise<void> {
    if ((await journal.payment(kase.authorization.anchor)) !== undefined) return;
    if (options.queue.remove(kase)) takenBack(kase, unsent());
  }

  function take(record: PaymentRecord): void {
    const here = cases.byAnchor.get(record.id);
    const carried = here !== undefined && here.phase !== 'remote' && here.phase !== 'claiming';
    const kase = carried ? undefined : reopen(record, options);
    if (kase !== undefined) options.onHandedOver(kase);
  }

  /** Nothing was sent and nothing will be: it costs nobody anything. */
  function takenBack(kase: Case<A>, settlement: Settlement): void {
    kase.reservation?.release();
    cases.finish(kase, settlement);
  }

  async function guarded(kase: Case<A>, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      fault(error);
      if (kase.transaction === '') options.leftovers.add(kase.authorization.anchor);
      cases.finish(kase, kase.transaction === '' ? unreadable() : pendingOf(kase));
    }
  }

  function fault(error: unknown): void {
    const detail = `news of another process could not be read: ${describeError(error)}`;
    meter.record({ type: 'fault', network: chain.network, detail });
  }

  return {
    ...{ handOver, overdue, gone, onNews },
    stop() {
      stopped = true;
      cancelRetry?.();
    },
  };
}

function unsent(): Settlement {
  return notSent('The payment could not be sent.', 1);
}

/** Another process may have sent it, or may yet. */
function unreadable(): Settlement {
  return unavailable('What became of the payment could not be read.', 2);
}
