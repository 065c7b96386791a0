/** A JSON-RPC proxy that counts what goes through it, and can refuse methods as providers do. */
import { startForwarder } from './rpc-forwarder.ts';

export type CountingProxy = {
  readonly url: string;
  /** The method of each call so far, in order; each call of a JSON-RPC batch counts. */
  readonly calls: readonly string[];
  /** HTTP requests so far, whatever they carried. */
  readonly requests: number;
  /** Calls by method. */
  counts(): Readonly<Record<string, number>>;
  /** Starts counting from nothing. Blocked methods stay blocked. */
  reset(): void;
  /** Answers these methods with -32601 "method not found". They are still counted. */
  block(...methods: readonly string[]): void;
  /** Lets methods through again. */
  unblock(...methods: readonly string[]): void;
  stop(): Promise<void>;
};

const METHOD_NOT_FOUND = -32601;

/** Starts a counting proxy in front of a node. */
export async function countingProxy(upstream: string): Promise<CountingProxy> {
  const calls: string[] = [];
  const blocked = new Set<string>();
  let requests = 0;
  const forwarder = await startForwarder({
    upstream,
    intercept: ({ method }) =>
      blocked.has(method)
        ? { action: 'refuse', code: METHOD_NOT_FOUND, message: `the method ${method} does not exist` }
        : { action: 'pass' },
    onRequest(batch) {
      requests += 1;
      calls.push(...batch.map(({ method }) => method));
    },
  });
  return {
    url: forwarder.url,
    calls,
    get requests() {
      return requests;
    },
    counts: () =>
      calls.reduce<Record<string, number>>((sums, method) => {
        sums[method] = (sums[method] ?? 0) + 1;
        return sums;
      }, {}),
    reset() {
      calls.length = 0;
      requests = 0;
    },
    block(...methods) {
      for (const method of methods) blocked.add(method);
    },
    unblock(...methods) {
      for (const method of methods) blocked.delete(method);
    },
    stop: forwarder.stop,
  };
}
