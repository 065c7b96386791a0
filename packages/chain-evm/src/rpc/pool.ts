/** Several endpoints of one network as if they were one: reads go to one of them that is well, transactions to all. */
import type { Clock } from '@facilitator/engine';
import { choose } from './choose.ts';
import { type Deadline, deadlineIn } from './deadline.ts';
import { createEndpoint, type Endpoint } from './endpoint.ts';
import { createEvidence } from './evidence.ts';
import type { Standing } from './health.ts';
import { type ReadOptions, read } from './read.ts';
import type { Rpc, RpcAnswer, RpcCall } from './rpc.ts';
import type { WireOptions } from './wire.ts';
import { isWrite, write } from './write.ts';

export type RpcEndpoint = {
  /** http(s); may carry a key in its path or query, or a user and password. */
  readonly url: string;
  /** Calls it may be asked in a second, each of a batch counted. No limit when absent. */
  readonly callsPerSecond?: number | undefined;
};

export type RpcPoolOptions = Omit<WireOptions, 'url'> & {
  /** At least one. The first is preferred while all are well. */
  readonly endpoints: readonly RpcEndpoint[];
  readonly chainId: number;
  /** Milliseconds between blocks: how old a newest block may be follows from it. */
  readonly blockMs: number;
  readonly clock: Clock;
  /** Milliseconds for one `ask`, all endpoints included. Default 10,000. */
  readonly timeoutMs?: number;
  /** Further rounds over all endpoints for calls that change nothing. Default 2. */
  readonly retries?: number;
  /** A number in [0, 1) that spreads tries in time. */
  readonly random?: () => number;
  /** Told when an endpoint is no longer asked, or is asked again. */
  readonly onChange?: (report: EndpointReport) => void;
};

/** How one endpoint fares. Without its address: that may be a secret. */
export type EndpointReport = {
  /** 1 for the first that was configured. */
  readonly number: number;
  readonly standing: Standing;
  /** Why it is not good; empty when it is. Safe to show. */
  readonly why: string;
};

export type RpcPool = Rpc & {
  /** How each endpoint fares, as far as is known. Asks nothing. */
  reports(): readonly EndpointReport[];
  /** Asks each endpoint which chain it serves and how old its newest block is, then reports. */
  inspect(): Promise<readonly EndpointReport[]>;
};

/** Throws when there is no endpoint, or a URL is not http(s); the message does not repeat it. */
export function rpcPool(options: RpcPoolOptions): RpcPool {
  const { clock, timeoutMs = 10_000, retries = 2, random = Math.random, onChange = () => undefined } = options;
  const lone = options.endpoints.length === 1;
  const { maxBatch, maxResponseBytes } = options;
  const evidence = createEvidence(clock, options.blockMs);
  const endpoints = options.endpoints.map(({ url, callsPerSecond }, index) =>
    createEndpoint({
      ...{ url, callsPerSecond, clock, lone, timeoutMs, number: index + 1 },
      ...{ chainId: options.chainId, blockMs: options.blockMs },
      ...(maxBatch === undefined ? {} : { maxBatch }),
      ...(maxResponseBytes === undefined ? {} : { maxResponseBytes }),
      onChange: (standing, why) => onChange({ number: index + 1, standing, why }),
    }),
  );
  if (endpoints.length === 0) throw new Error('An RPC needs at least one address.');
  let favourite: Endpoint | undefined;
  /** Until all were looked at, none has a place to lose. */
  let isIntroduced = lone;

  const isServing = ({ health }: Endpoint) => health.isServing();

  /** Probes what is due beside the traffic; waits for the first only when nobody is known to serve this chain. */
  async function ready(): Promise<void> {
    if (lone) return;
    if (endpoints.some(isServing)) {
      for (const endpoint of endpoints) if (endpoint.health.isProbeDue()) void probe(endpoint);
      return;
    }
    const serving = endpoints.map(async (endpoint) => {
      await probe(endpoint);
      if (!isServing(endpoint)) throw new Error(endpoint.health.why());
    });
    void Promise.allSettled(serving).then(() => {
      isIntroduced = true;
    });
    await Promise.any(serving).catch(() => undefined);
  }

  async function probe(endpoint: Endpoint): Promise<void> {
    await endpoint.probe();
    if (endpoint.health.standing() === 'good') evidence.sawHead(endpoint.health.head());
  }

  const pick: ReadOptions['pick'] = (tried, floor, calls) => {
    const chosen = choose(endpoints, { tried, floor, calls, favourite });
    // One late answer is no reason to move: only an endpoint that is not well loses its place.
    if (!isIntroduced) return chosen;
    if (favourite === undefined || favourite.health.standing() !== 'good') favourite = chosen;
    return chosen;
  };

  function whyNone(): string {
    const reasons = reports().flatMap(({ number, why }) => (why === '' ? [] : [`endpoint ${number}: ${why}`]));
    return reasons.length === 0 ? 'no time was left to ask' : `no RPC endpoint can be asked (${reasons.join('; ')})`;
  }

  function readAll(calls: readonly RpcCall[], deadline: Deadline): Promise<readonly RpcAnswer[]> {
    if (calls.length === 0) return Promise.resolve([]);
    return read(calls, { clock, deadline, evidence, pick, whyNone, lone, retries, random });
  }

  const reports = () =>
    endpoints.map(({ number, health }) => ({ number, standing: health.standing(), why: health.why() }));

  return {
    async ask(calls) {
      const deadline = deadlineIn(timeoutMs, clock);
      await ready();
      if (!calls.some(isWrite)) return readAll(calls, deadline);
      const reading = readAll(
        calls.filter((call) => !isWrite(call)),
        deadline,
      );
      const writing = calls.filter(isWrite).map((call) => write(call, { endpoints, deadline, whyNone }));
      const [reads, writes] = [[...(await reading)], await Promise.all(writing)];
      return calls.flatMap((call) => (isWrite(call) ? writes : reads).shift() ?? []);
    },
    reports,
    async inspect() {
      await Promise.all(endpoints.map(probe));
      return reports();
    },
    async close() {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    },
  };
}
