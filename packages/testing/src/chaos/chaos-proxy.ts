/** A JSON-RPC proxy on loopback that treats its callers as badly as nodes and providers do, by order or at random. */
import { isHex } from 'viem';
import { createRpc } from '../rpc.ts';
import { deliver, type Exchange, type Interception, type RpcCall, startForwarder } from '../rpc-forwarder.ts';
import type { Fault, Severity, Vantage } from './fault.ts';
import { FAULT_NAMES, FAULTS, type FaultName } from './faults.ts';
import { createLots, type Weather } from './weather.ts';

export type ChaosOptions = Partial<Severity> & {
  /** Decides the random faults. Default 1. */
  readonly seed?: number;
  /** Random faults from the start. None unless given. */
  readonly weather?: Weather;
};

/** What a fault that is switched on hits. */
export type Aim = {
  /** Only requests with one of these calls, and of a batch only those calls. */
  readonly methods?: readonly string[];
  /** Only the next so many requests that it can hit. */
  readonly times?: number;
};

/** A request that was hit. */
export type Hit = { readonly fault: FaultName; readonly methods: readonly string[] };

export type ChaosProxy = {
  readonly url: string;
  /** Switches a fault on until it is off again, or as the aim says. */
  on(fault: FaultName, aim?: Aim): void;
  /** Switches faults off; all when none is named. Random ones go on. */
  off(...faults: readonly FaultName[]): void;
  /** Random faults from now on; `{}` is none. */
  weather(weather: Weather): void;
  /** What happened so far, in order. */
  readonly hits: readonly Hit[];
  /** Breaks what is open and stops listening. Safe to repeat. */
  stop(): Promise<void>;
};

type Struck = { readonly name: FaultName; readonly fault: Fault; readonly methods: readonly string[] | undefined };

const MILD: Severity = {
  staleBlocks: 5,
  lateReceipts: 2,
  retryAfterSeconds: 1,
  oversizedBytes: 64 * 1024 * 1024,
  dripMs: 50,
};

/**
 * Starts the proxy in front of a node. A fault either alters calls or brings the answer. Of several that would alter one
 * call the first in `FAULT_NAMES` does; of several that would bring one answer only the first strikes.
 */
export async function startChaosProxy(upstream: string, options: ChaosOptions = {}): Promise<ChaosProxy> {
  const { seed = 1, weather: initial = {}, ...severe } = options;
  const severity: Severity = { ...MILD, ...severe };
  const node = createRpc(upstream);
  const draw = createLots(seed);
  const ordered = new Map<FaultName, { readonly methods: readonly string[] | undefined; left: number }>();
  const asked = new Map<string, number>();
  const hits: Hit[] = [];
  let weather = initial;

  /** The faults that strike a request: any number that alter, at most one that brings. */
  function strike(exchange: Exchange): readonly Struck[] {
    const struck: Struck[] = [];
    for (const name of FAULT_NAMES) {
      const fault: Fault = FAULTS[name];
      if (fault.bring !== undefined && struck.some((other) => other.fault.bring !== undefined)) continue;
      const order = ordered.get(name);
      if (order !== undefined && order.left > 0 && canHit(fault, exchange, order.methods)) {
        order.left -= 1;
        struck.push({ name, fault, methods: order.methods });
      } else if (isUnlucky(name, fault, exchange)) {
        struck.push({ name, fault, methods: undefined });
      }
    }
    return struck;
  }

  function isUnlucky(name: FaultName, fault: Fault, exchange: Exchange): boolean {
    const probability = weather[name] ?? 0;
    if (probability === 0 || !canHit(fault, exchange)) return false;
    return draw(`${name} of ${exchange.calls[0]?.method}`) < probability;
  }

  function vantage(): Vantage {
    let head: Promise<bigint> | undefined;
    return {
      severity,
      head() {
        head ??= node('eth_blockNumber').then((number) => (isHex(number) ? BigInt(number) : 0n));
        return head;
      },
      askedBefore(what) {
        const times = asked.get(what) ?? 0;
        asked.set(what, times + 1);
        return times;
      },
    };
  }

  const forwarder = await startForwarder({
    upstream,
    intercept: () => ({ action: 'pass' }),
    async deliver(exchange) {
      const struck = strike(exchange);
      hits.push(
        ...struck.map(({ name, fault, methods }) => ({ fault: name, methods: methodsHit(fault, exchange, methods) })),
      );
      const view = vantage();
      const intercept = (call: RpcCall) => alter(struck, call, view);
      const bring = struck.find(({ fault }) => fault.bring !== undefined)?.fault.bring ?? deliver;
      await bring({ ...exchange, answer: () => exchange.answer(intercept) }, severity);
    },
  });

  return {
    url: forwarder.url,
    hits,
    on(fault, { methods, times = Number.POSITIVE_INFINITY } = {}) {
      ordered.set(fault, { methods, left: times });
    },
    off(...faults) {
      for (const fault of faults.length === 0 ? FAULT_NAMES : faults) ordered.delete(fault);
    },
    weather(next) {
      weather = next;
    },
    stop: forwarder.stop,
  };
}

/** The methods of a request that a fault hits. */
function methodsHit(fault: Fault, { calls }: Exchange, aimed?: readonly string[]): readonly string[] {
  return calls.flatMap(({ method }) => (isAimedAt(fault, method, aimed) ? [method] : []));
}

function canHit(fault: Fault, exchange: Exchange, aimed?: readonly string[]): boolean {
  if (fault.batch === true && (!exchange.batch || exchange.calls.length < 2)) return false;
  return methodsHit(fault, exchange, aimed).length > 0;
}

function isAimedAt({ methods }: Fault, method: string, aimed: readonly string[] | undefined): boolean {
  return (methods?.includes(method) ?? true) && (aimed?.includes(method) ?? true);
}

async function alter(struck: readonly Struck[], call: RpcCall, vantage: Vantage): Promise<Interception> {
  for (const { fault, methods } of struck) {
    const change = isAimedAt(fault, call.method, methods) ? await fault.alter?.(call, vantage) : undefined;
    if (change !== undefined && change.action !== 'pass') return change;
  }
  return { action: 'pass' };
}
