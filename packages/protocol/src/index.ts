export type * from './payment.ts';
export { REASONS, type Reason, wireReason } from './reasons.ts';
export { MULTICALL3 } from './registry/evm.ts';
export type * from './registry/network.ts';
export { addressPage, transactionPage } from './registry/network.ts';
export { createNetworks, type Networks } from './registry/networks.ts';
