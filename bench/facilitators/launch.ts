/** Starts a facilitator in a process of its own and waits until it takes payments. */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@facilitator/testing';
import { startNode } from '../node-child.ts';
import { type Usage, usageOf } from '../usage.ts';
import type { Contender, FacilitatorSettings } from './contender.ts';

export type Facilitator = AsyncDisposable & {
  readonly origin: string;
  readonly contender: Contender;
  /** From the start of the process to its first answer that it is ready. */
  readonly startMs: number;
  usage(): Promise<Usage>;
};

const START_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 5;

/** Rejects with what the process wrote when it ends or is not ready within half a minute. */
export async function launch(
  contender: Contender,
  settings: Omit<FacilitatorSettings, 'port'>,
  signal: AbortSignal,
): Promise<Facilitator> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const { entry, args, flags = [] } = contender;
  const child = await startNode({ entry, args, flags, env: contender.env({ ...settings, port }) });
  try {
    let over = false;
    child.ended.then(() => {
      over = true;
    });
    while (!(await isReady(origin + contender.readyPath))) {
      if (over) throw new Error(`${contender.label} ended: ${child.output()}`);
      if (performance.now() - started > START_WITHIN_MS) {
        throw new Error(`${contender.label} is not ready after ${START_WITHIN_MS / 1_000} s: ${child.output()}`);
      }
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
    return {
      origin,
      contender,
      startMs: performance.now() - started,
      usage: () => usageOf(child),
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  } catch (fault) {
    await child[Symbol.asyncDispose]();
    throw fault;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
