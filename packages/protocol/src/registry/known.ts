/** Every network this project knows without being told. */
import { EVM_MAINNETS } from './evm-mainnets.ts';
import { EVM_TESTNETS } from './evm-testnets.ts';
import { NEAR_NETWORKS } from './near.ts';
import type { Network } from './network.ts';
import { STELLAR_NETWORKS } from './stellar.ts';
import { SVM_NETWORKS } from './svm.ts';

export const KNOWN_NETWORKS: readonly Network[] = [
  ...EVM_MAINNETS,
  ...EVM_TESTNETS,
  ...SVM_NETWORKS,
  ...NEAR_NETWORKS,
  ...STELLAR_NETWORKS,
];
