/** One endpoint of several: its connection, its budget, how long it takes, and how it fares. */
import type { Clock } from '@facilitator/engine';
import { asQuantity, asRecord, failureOf, quantityIn } from './answers.ts';
import { createBudget } from './budget.ts';
import { type Deadline, deadlineIn } from './deadline.ts';
import { shownBy } from './heads.ts';
import { createHealth, type Finding, type Health, type HealthOptions } from './health.ts';
import { createLatency } from './latency.ts';
import type { RpcCall } from './rpc.ts';
import { silent, unsent, type WireAnswer } from './silence.ts';
import { createWire, type WireOptions } from './wire.ts';

export type EndpointOptions = WireOptions &
  Omit<HealthOptions, 'onChange'> & {
    /** 1 for the first that was configured. */
    readonly number: number;
    /** Calls it may be asked in a second; no limit when absent. */
    readonly callsPerSecond?: number | undefined;
    readonly timeoutMs: number;
    readonly onChange: HealthOptions['onChange'];
  };

/** What one endpoint said, and which block it had at least when it said so. */
export type Heard = { readonly answers: readonly WireAnswer[]; readonly asOf: bigint };

export type Endpoint = {
  readonly number: number;
  readonly health: Health;
  /** Milliseconds until it may be asked so many calls. */
  waitMs(calls: number): number;
  /** True while it is late with an answer. */
  isLate(): boolean;
  /** Asks once, when it has the block `floor`. Never throws. */
  ask(calls: readonly RpcCall[], floor: bigint, deadline: Deadline): Promise<Heard>;
  /** Calls `onLate` once when it takes longer than it mostly does; call the result when it has answered. */
  watch(onLate: () => void): () => void;
  /** Asks which chain it serves and how far it has got. Those who ask at once share the probe. */
  probe(): Promise<void>;
  close(): Promise<void>;
};

const PROBE_MS = 5_000;
const PROBE: readonly RpcCall[] = [
  { method: 'eth_chainId', params: [] },
  { method: 'eth_getBlockByNumber', params: ['latest', false] },
];
const HEAD: readonly RpcCall[] = [{ method: 'eth_blockNumber', params: [] }];

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { number, clock, timeoutMs } = options;
  const wire = createWire(options);
  const budget = createBudget(clock, options.callsPerSecond);
  const latency = createLatency(timeoutMs / 4);
  const health = createHealth(options);
  let late = 0;
  let probing: Promise<void> | undefined;

  const waitMs = (calls: number) => Math.max(health.quietMs(), budget.waitMs(calls));

  async function send(calls: readonly RpcCall[], deadline: Deadline): Promise<readonly WireAnswer[]> {
    const wait = waitMs(calls.length);
    if (wait >= deadline.leftMs()) return all(calls, unsent(`the RPC may not be asked for ${wait} ms`, false));
    budget.spend(calls.length);
    if (wait > 0) await pause(wait, clock);
    const start = clock.milliseconds();
    const answers = await wire.ask(calls, deadline.signal);
    const { head, highest } = shownBy(calls, answers);
    const silence = head === 0n ? silent('the RPC is at block 0', true) : answers.find(isSilent);
    if (silence === undefined) {
      latency.record(clock.milliseconds() - start);
      health.answered();
      health.reached(highest);
    } else if (silence.quietMs !== undefined) health.wantsQuiet(silence.quietMs, silence.detail);
    else health.failed(silence.detail);
    return head === 0n && silence !== undefined ? all(calls, silence) : answers;
  }

  async function probe(): Promise<void> {
    const [id, block] = await send(PROBE, deadlineIn(Math.min(PROBE_MS, timeoutMs), clock));
    const chainId = quantityIn(id);
    const header = block?.status === 'result' ? asRecord(block.result) : undefined;
    const [head, time] = [asQuantity(header?.['number']), asQuantity(header?.['timestamp'])];
    // Silence has been noted already.
    if ([id, block].some((answer) => answer === undefined || isSilent(answer))) return;
    if (chainId === undefined) health.failed(failureOf(id));
    else if (head === undefined || time === undefined) health.failed(failureOf(block));
    else health.probed({ chainId, head, time } satisfies Finding);
  }

  return {
    number,
    health,
    waitMs,
    isLate: () => late > 0,
    async ask(calls, floor, deadline) {
      if (health.head() < floor) {
        await send(HEAD, deadline);
        if (health.head() < floor) return { answers: all(calls, silent('the RPC is behind', true)), asOf: floor };
      }
      const known = health.head();
      const answers = await send(calls, deadline);
      return { answers, asOf: shownBy(calls, answers).head ?? known };
    },
    watch(onLate) {
      let isLate = false;
      const cancel = clock.after(latency.patienceMs(), () => {
        isLate = true;
        late += 1;
        onLate();
      });
      return () => {
        cancel();
        if (isLate) late -= 1;
      };
    },
    probe() {
      probing ??= probe().finally(() => {
        probing = undefined;
      });
      return probing;
    },
    close: wire.close,
  };
}

function isSilent(answer: WireAnswer): answer is Extract<WireAnswer, { status: 'silent' }> {
  return answer.status === 'silent';
}

function all(calls: readonly RpcCall[], answer: WireAnswer): readonly WireAnswer[] {
  return calls.map(() => answer);
}

function pause(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
