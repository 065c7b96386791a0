/** Wires a configuration into a facilitator: journal, engine, chains and the HTTP server. */
import {
  defaultPolicy,
  type EvmChain,
  type EvmPolicy,
  evmChain,
  type GasCeilings,
  jsonRpc,
  localSigner,
  type Rpc,
} from '@facilitator/chain-evm';
import { type Clock, createEngine, type Engine, type Journal, systemClock } from '@facilitator/engine';
import { openJournal } from '@facilitator/journal';
import type { Logger } from 'pino';
import type { Config, NetworkPlan } from './config/config.ts';
import { createApp } from './http/app.ts';
import { createMeter } from './meter/meter.ts';
import { createMetrics } from './meter/metrics.ts';

export type Parts = {
  readonly log: Logger;
  readonly clock?: Clock;
  /** Takes the place of the configured one; `close` closes it all the same. */
  readonly journal?: Journal;
  /** Puts memory, CPU and event loop among the metrics; for one facilitator per process. */
  readonly processMetrics?: boolean;
};

export type Facilitator = {
  readonly engine: Engine;
  /** Starts to answer HTTP. Networks are `opening` until `open`. Resolves to the URL. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Opens the networks and reconciles what an earlier process left. Resolves when ready, or as ready as it gets. */
  open(): Promise<void>;
  /**
   * Takes no more requests, gives waiting callers `graceMs` to get their results, and closes the journal. Safe to repeat.
   */
  close(graceMs?: number): Promise<void>;
};

/** Throws a `JournalError` when the journal cannot be opened. Nothing listens and no chain is asked yet. */
export async function createFacilitator(config: Config, parts: Parts): Promise<Facilitator> {
  const { log, clock = systemClock, processMetrics = false } = parts;
  const metrics = createMetrics({ processMetrics });
  const journal = parts.journal ?? (await openJournal({ url: config.journalUrl, clock }));
  const engine = createEngine({ journal, clock, meter: createMeter(log, metrics) });
  const chains = config.served.map((plan) => openChain(plan, config, clock));
  for (const { chain } of chains) engine.add(chain);

  const { bodyLimit, settleWaitMs, settleFailureStatus, keepAliveMs, corsOrigins } = config.server;
  const app = createApp({
    engine,
    networks: config.networks,
    served: chains.map(({ plan, chain }) => ({
      network: plan.network,
      signers: chain.signers,
      tokens: () => chain.served(),
    })),
    unserved: config.unserved,
    log,
    metrics,
    options: { bodyLimit, settleWaitMs, settleFailureStatus, keepAliveMs, corsOrigins, anyAsset: config.anyAsset },
  });
  let closed: Promise<void> | undefined;

  async function close(graceMs: number): Promise<void> {
    // Stops listening at once; resolves when the callers that the engine still answers have their answers.
    const answered = app.close();
    try {
      await engine.close(graceMs);
      await answered;
    } finally {
      await journal.close();
      await Promise.all(chains.map(({ rpc }) => rpc.close()));
    }
  }

  return {
    engine,
    listen: (address) => app.listen({ ...address }),
    open: () => engine.open(),
    close(graceMs = 0) {
      closed ??= close(graceMs);
      return closed;
    },
  };
}

export type OpenChain = { readonly plan: NetworkPlan; readonly chain: EvmChain; readonly rpc: Rpc };

/** The chain of one plan. Asks nothing until its `open`. */
export function openChain(plan: NetworkPlan, config: Pick<Config, 'anyAsset' | 'factories'>, clock: Clock): OpenChain {
  const { network, rpcUrl, keys } = plan;
  const rpc = jsonRpc({ url: rpcUrl, clock });
  const chain = evmChain({ network, rpc, signers: keys.map(localSigner), clock, policy: policyOf(plan, config) });
  return { plan, chain, rpc };
}

function policyOf(plan: NetworkPlan, config: Pick<Config, 'anyAsset' | 'factories'>): Partial<EvmPolicy> {
  const { gas, feePerGas } = plan.ceilings;
  const usual = defaultPolicy(plan.network);
  return {
    anyAsset: config.anyAsset,
    factories: [...usual.factories, ...config.factories],
    ...(gas === undefined ? {} : { gas: gasCeilings(gas, usual.gas) }),
    ...(feePerGas === undefined ? {} : { maxFeePerGas: feePerGas }),
  };
}

/** One number for every way to sign; what needs less in company is not given more. */
function gasCeilings(most: bigint, { grouped }: GasCeilings): GasCeilings {
  return { key: most, grouped: grouped < most ? grouped : most, wallet: most, undeployed: most };
}
