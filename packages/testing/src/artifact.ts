/** The compiled fixture contracts of contracts/artifacts. */
import { readFileSync } from 'node:fs';
import type { Hex } from 'viem';
import { hex } from './hex.ts';

export type ContractName =
  | 'DelegateWallet'
  | 'FeeToken'
  | 'FiatToken'
  | 'ForeignFactory'
  | 'GasBurnerToken'
  | 'GasBurnerWallet'
  | 'GlueToken'
  | 'LateMarkToken'
  | 'LyingToken'
  | 'Multicall3'
  | 'PaxosToken'
  | 'Permit2'
  | 'SilentToken'
  | 'SwitchWallet'
  | 'Wallet1271'
  | 'WalletFactory';

/** Runtime code, ready to be put at an address. */
export function deployedCode(contract: ContractName): Hex {
  return hex(read(contract).deployedBytecode);
}

/** Code for a deployment; constructor arguments go behind it. */
export function creationCode(contract: ContractName): Hex {
  return hex(read(contract).bytecode);
}

function read(contract: ContractName): { readonly bytecode?: unknown; readonly deployedBytecode?: unknown } {
  return JSON.parse(readFileSync(new URL(`../../../contracts/artifacts/${contract}.json`, import.meta.url), 'utf8'));
}
