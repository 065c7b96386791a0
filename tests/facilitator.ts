/** The facilitator as people run it, in this process, over local chains. */
import { type Config, type Running, readConfig, startFacilitator } from '@facilitator/app';
import type { NetworkChain } from './network-chain.ts';

/**
 * The configuration that an operator's environment would give for these chains. `env` adds to it. One key pays on all
 * test networks and one on all main networks, so chains of a kind must share their facilitator's wallet.
 */
export function configFor(chains: readonly NetworkChain[], env: Readonly<Record<string, string>> = {}): Config {
  const variables: Record<string, string> = { JOURNAL_URL: ':memory:' };
  for (const { network, anvil, facilitator } of chains) {
    variables[`RPC_URL_${network.env}`] = anvil.url;
    variables[`EVM_PRIVATE_KEY_${network.testnet ? 'TESTNET' : 'MAINNET'}`] = facilitator.privateKey;
  }
  const reading = readConfig({ ...variables, ...env });
  if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
  return reading.config;
}

/** Starts it on any free port, with its journal in memory. Ready when this resolves. */
export function facilitatorFor(
  chains: readonly NetworkChain[],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  return startFacilitator(configFor(chains, env));
}
