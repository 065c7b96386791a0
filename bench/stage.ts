/** A chain with money on it and one facilitator in front: fresh for each measurement, so that nothing is left of the one before. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Anvil,
  BASE_SEPOLIA,
  BASE_SEPOLIA_USDC,
  fund,
  putMulticall3,
  putToken,
  startAnvil,
} from '@facilitator/testing';
import type { Ledger } from './audit.ts';
import { type ChainProxy, startChainProxy } from './chain-proxy.ts';
import type { Contender } from './facilitators/contender.ts';
import { type Facilitator, launch } from './facilitators/launch.ts';
import type { Crowd } from './payments.ts';

type Blocks = 'instant' | '1s';

export type StageOptions = {
  readonly contender: Contender;
  readonly crowd: Crowd;
  readonly blocks: Blocks;
  /** How many keys pay for gas. */
  readonly keys: number;
  /** Block gas limit; the chain's own 30,000,000 unless given. */
  readonly gasLimit?: number;
  /** Calls go through the counting proxy, which adds `delayMs` to each; else straight to the chain. */
  readonly proxy?: { readonly delayMs: number };
  readonly signal: AbortSignal;
};

export type Stage = AsyncDisposable & {
  readonly anvil: Anvil;
  readonly facilitator: Facilitator;
  /** There when it was asked for. */
  readonly proxy: ChainProxy | undefined;
  /** What an audit needs to know. */
  readonly ledger: Ledger;
};

/** Enough for every payment of a run. */
const PURSE = 10n ** 12n;

export async function openStage(options: StageOptions): Promise<Stage> {
  const { contender, crowd, blocks, keys, gasLimit, signal } = options;
  await using opened = new AsyncDisposableStack();
  const anvil = await startAnvil({
    chainId: BASE_SEPOLIA,
    wallets: keys,
    detached: true,
    ...(blocks === '1s' ? { blockTime: 1 } : {}),
    ...(gasLimit === undefined ? {} : { gasLimit }),
  });
  opened.defer(anvil.stop);
  await Promise.all([putMulticall3(anvil), putToken(anvil, BASE_SEPOLIA_USDC)]);
  await Promise.all([
    ...crowd.payers.map(({ address }) => fund(anvil, BASE_SEPOLIA_USDC, address, PURSE)),
    // Sellers who were paid before: a first payment would cost 17,000 gas more.
    ...crowd.sellers.map((seller) => fund(anvil, BASE_SEPOLIA_USDC, seller, 1n)),
  ]);
  await anvil.mine();
  const proxy = options.proxy && opened.use(await startChainProxy(anvil.url, options.proxy.delayMs));
  const folder = await mkdtemp(join(tmpdir(), 'facilitator-stage-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const settings = {
    rpcUrl: proxy?.url ?? anvil.url,
    keys: anvil.accounts.map(({ privateKey }) => privateKey),
    folder,
  };
  const facilitator = opened.use(await launch(contender, settings, signal));
  const all = opened.move();
  return {
    anvil,
    facilitator,
    proxy,
    ledger: {
      anvil,
      token: BASE_SEPOLIA_USDC,
      sellers: crowd.sellers,
      facilitators: anvil.accounts.map(({ address }) => address),
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
