/** A key that only tests know, and its address. */
import type { Address, Hex } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';

export type Wallet = { readonly address: Address; readonly privateKey: Hex };

/** A fresh random key. */
export function newWallet(): Wallet {
  const privateKey = generatePrivateKey();
  return { address: privateKeyToAddress(privateKey), privateKey };
}
