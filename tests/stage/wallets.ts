/** Payers without an account yet: wallets that their first signature would deploy. */
import {
  bareCounterfactualWallet,
  counterfactualWallet,
  fund,
  randomNonce,
  type Wallet,
  wrap6492,
} from '@facilitator/testing';
import type { Address } from 'viem';
import { USDC } from './chain.ts';
import { type Draft, PURSE, type Scene } from './scene.ts';

/** The factories that the operator of these tests allows. */
export const ALLOWED_FACTORY: Address = '0x6492649264926492649264926492649264926492';
/** One that burns what it is given when its wallet is there already. */
export const BARE_FACTORY: Address = '0x6492649264926492649264926492649264926493';

/** A wallet that `factory` would deploy for this owner. Funded with USDC before it exists. */
export function counterfactual(factory: Address, owner: Wallet) {
  const future = factory === BARE_FACTORY ? bareCounterfactualWallet : counterfactualWallet;
  const { address, factoryCalldata } = future(factory, owner.address, randomNonce());
  return {
    address,
    /** A payment by the wallet, with its deployment in the signature. */
    async request(scene: Scene): Promise<Draft> {
      await fund(scene.anvil, USDC, address, PURSE);
      const draft = await scene.request({ sign: { privateKey: owner.privateKey, from: address } });
      const { payload } = draft.paymentPayload;
      Object.assign(payload, { signature: wrap6492(factory, factoryCalldata, payload.signature) });
      return draft;
    },
  };
}
