/** Runs a load and reads what it cost: time, processor, memory, calls to the chain. */
import { type Outcome, readAnswer, tally } from '../answers.ts';
import { type Connections, openConnections } from '../connections.ts';
import { percentile } from '../latency.ts';
import { type Load, type Reply, runLoad } from '../load.ts';
import type { SignedPayment } from '../payments.ts';
import type { Figures } from '../result.ts';
import type { Stage } from '../stage.ts';

export type Answered = { readonly reply: Reply; readonly outcome: Outcome; readonly payment: SignedPayment };

export type Observation = {
  readonly answered: readonly Answered[];
  readonly figures: Figures;
  readonly answers: Readonly<Record<string, number>>;
  readonly calls: Readonly<Record<string, number>>;
  /** Processor time of the facilitator while the load ran. */
  readonly cpuMs: number;
};

export type LoadToObserve = Pick<Load, 'connections' | 'path' | 'waitSeconds' | 'signal'> & {
  readonly payments: readonly SignedPayment[];
  readonly forMs?: number;
  readonly repeat?: boolean;
};

/** A caller's own patience is a little longer than the wait he asks for. */
const PATIENCE_MS = 2_000;

export function connect({ facilitator }: Stage, callers: number, waitSeconds: number): Promise<Connections> {
  const { origin, contender } = facilitator;
  return openConnections(origin, contender.readyPath, callers, waitSeconds * 1_000 + PATIENCE_MS);
}

export async function observeLoad({ facilitator, proxy }: Stage, load: LoadToObserve): Promise<Observation> {
  const { payments, path } = load;
  await proxy?.reset();
  const before = await facilitator.usage();
  const replies = await runLoad({ ...load, bodies: payments.map(({ body }) => body) });
  const [after, counts = {}] = await Promise.all([facilitator.usage(), proxy?.counts()]);
  const answered = replies.flatMap((reply) => {
    const payment = payments[reply.index];
    return payment === undefined ? [] : [{ reply, outcome: readAnswer(path, reply), payment }];
  });
  const calls = Object.entries(counts).map(([method, count]) => [method, count / replies.length] as const);
  return {
    answered,
    figures: {
      ...timing(answered),
      ...(proxy === undefined ? {} : { callsPerPayment: calls.reduce((sum, [, count]) => sum + count, 0) }),
      peakRssMb: after.peakRssMb,
    },
    answers: tally(answered.map(({ outcome }) => outcome)),
    calls: Object.fromEntries(calls),
    cpuMs: after.cpuMs - before.cpuMs,
  };
}

/** Only answers that say success count: refusing is quick. */
function timing(answered: readonly Answered[]): Figures {
  const good = answered.filter(({ outcome }) => outcome.kind === 'ok').map(({ reply }) => reply);
  const durations = good.map(({ sentAt, answeredAt }) => answeredAt - sentAt);
  const p50Ms = percentile(durations, 0.5);
  const p99Ms = percentile(durations, 0.99);
  const end = good.reduce((latest, { answeredAt }) => Math.max(latest, answeredAt), 0);
  return {
    sent: answered.length,
    ok: good.length,
    perSecond: good.length === 0 ? 0 : good.length / (end / 1_000),
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
  };
}
