/** Wires a configuration into a facilitator: journal, engine, chains and the HTTP server. */
import {
  defaultPolicy,
  type EndpointReport,
  type EvmChain,
  type EvmPolicy,
  evmChain,
  type GasCeilings,
  type RpcPool,
  rpcPool,
} from '@facilitator/chain-evm';
import {
  type Clock,
  createEngine,
  type Engine,
  type Journal,
  type Signer,
  type Spending,
  systemClock,
} from '@facilitator/engine';
import { openJournal } from '@facilitator/journal';
import type { Caip2 } from '@facilitator/protocol';
import type { Logger } from 'pino';
import type { Config, NetworkPlan } from './config/config.ts';
import { createApp } from './http/app.ts';
import { createMeter } from './meter/meter.ts';
import { createMetrics, type Metrics } from './meter/metrics.ts';
import { startPruning } from './pruning.ts';
import { openSigners, UnusableKeys } from './signers/open-signers.ts';

export type Parts = {
  readonly log: Logger;
  readonly clock?: Clock;
  /** Takes the place of the configured one; `close` closes it all the same. */
  readonly journal?: Journal;
  /** Puts memory, CPU and event loop among the metrics; for one facilitator per process. */
  readonly processMetrics?: boolean;
};

/** Every answer is known by then. Who still sends a request, or reads slowly, does not hold up the end. */
const LAST_WORDS_MS = 2_000;

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

/**
 * Throws a `JournalError` when the journal cannot be opened, and `UnusableKeys` when a key service does not let a key be
 * used, at most half a minute later. Nothing listens and no chain is asked yet.
 */
export async function createFacilitator(config: Config, parts: Parts): Promise<Facilitator> {
  const { log, clock = systemClock, processMetrics = false } = parts;
  const signers = await openSigners(config.served, {
    clock,
    onRetry: (faults) => log.warn({ event: 'kms.retry', faults: faults.map(({ message }) => message) }),
  });
  if (signers.status === 'problems') throw new UnusableKeys(signers.problems);
  const { close: closeSigners } = signers;
  const metrics = createMetrics({ processMetrics });
  const opened =
    parts.journal ??
    openJournal({ url: config.journalUrl, clock }).catch((error: unknown) => {
      // Its connections would outlive the failure.
      closeSigners();
      throw error;
    });
  const journal = await opened;
  const engine = createEngine({ journal, clock, meter: createMeter(log, metrics) });
  const chains = config.served.map((plan) =>
    openChain(plan, signers.of(plan), config, clock, (report) =>
      tellEndpoint(log, metrics, plan.network.caip2, report),
    ),
  );
  for (const { plan, chain } of chains) engine.add(chain, { ...plan.conduct, spending: spendingOf(plan) });

  const app = createApp({
    engine,
    networks: config.networks,
    served: chains.map(({ plan, chain }) => ({
      network: plan.network,
      signers: chain.signers,
      batching: plan.conduct.batching ?? 'auto',
      tokens: () => chain.served(),
    })),
    unserved: config.unserved,
    log,
    metrics,
    options: { ...config.server, anyAsset: config.anyAsset },
  });
  const stopPruning = startPruning({ journal, clock, log, metrics, keepDays: config.journalKeepDays });
  let closed: Promise<void> | undefined;

  async function close(graceMs: number): Promise<void> {
    // Stops listening at once; resolves when the callers that the engine still answers have their answers.
    const answered = app.close();
    let cut = () => {};
    try {
      await engine.close(graceMs);
      cut = clock.after(LAST_WORDS_MS, () => app.server.closeAllConnections());
      await answered;
    } finally {
      cut();
      await stopPruning();
      await journal.close();
      await Promise.all(chains.map(({ rpc }) => rpc.close()));
      closeSigners();
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

export type OpenChain = { readonly plan: NetworkPlan; readonly chain: EvmChain; readonly rpc: RpcPool };

/** The chain of one plan. Asks nothing until its `open`. */
export function openChain(
  plan: NetworkPlan,
  signers: readonly Signer[],
  config: Pick<Config, 'anyAsset' | 'factories'>,
  clock: Clock,
  onEndpoint: (report: EndpointReport) => void = () => undefined,
): OpenChain {
  const { network } = plan;
  const { chainId, blockMs } = network;
  const rpc = rpcPool({ endpoints: plan.rpc, chainId, blockMs, clock, onChange: onEndpoint });
  const chain = evmChain({ network, rpc, signers, clock, policy: policyOf(plan, config) });
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
    ...(plan.conduct.reorgDepth === undefined ? {} : { reorgDepth: plan.conduct.reorgDepth }),
  };
}

/** Endpoints are told apart by their number: their addresses may be secrets. */
function tellEndpoint(log: Logger, metrics: Metrics, network: Caip2, { number, standing, why }: EndpointReport): void {
  const line = { event: 'rpc.endpoint', network, endpoint: number, standing, why };
  if (standing === 'good') log.info(line);
  else log.warn(line);
  metrics.endpointGood.set({ network, endpoint: `${number}` }, standing === 'good' ? 1 : 0);
}

function spendingOf({ spending: { floor, ...budget } }: NetworkPlan): Spending {
  return { budget, ...(floor === undefined ? {} : { floor }) };
}

/** One number for every way to sign; what needs less in company is not given more. */
function gasCeilings(most: bigint, { grouped }: GasCeilings): GasCeilings {
  return { key: most, grouped: grouped < most ? grouped : most, wallet: most, undeployed: most };
}
