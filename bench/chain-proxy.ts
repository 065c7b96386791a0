/** The counting and delaying proxy before the chain, seen from the bench. */
import { z } from 'zod';
import { startNode } from './node-child.ts';

export type ChainProxy = AsyncDisposable & {
  readonly url: string;
  /** Calls since the last reset, by method. */
  counts(): Promise<Readonly<Record<string, number>>>;
  reset(): Promise<void>;
};

const countsSchema = z.record(z.string(), z.number());

/** `delayMs` is added to each request before the chain hears of it. */
export async function startChainProxy(upstream: string, delayMs: number): Promise<ChainProxy> {
  const entry = new URL('./chain-proxy-process.ts', import.meta.url);
  const child = await startNode({ entry, args: [upstream, `${delayMs}`] });
  try {
    const url = z.string().parse(await child.ask('url'));
    return {
      url,
      counts: async () => countsSchema.parse(await child.ask('counts')),
      async reset() {
        await child.ask('reset');
      },
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  } catch (fault) {
    await child[Symbol.asyncDispose]();
    throw fault;
  }
}
