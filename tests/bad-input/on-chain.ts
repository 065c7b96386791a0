/** Payments that only the chain can judge. */
import { fund, MULTICALL3_ADDRESS, setBlocked, setNonceUsed, setPaused, someAddress } from '@facilitator/testing';
import { zeroAddress } from 'viem';
import { cancel } from '../stage/cancel.ts';
import { USDC } from '../stage/chain.ts';
import { PAUSABLE, PYUSD } from '../stage/own-tokens.ts';
import { AMOUNT } from '../stage/scene.ts';
import type { Fault } from './fault.ts';

const USED = 'for the chain, used and cancelled are one state, whatever the token';
const BLOCKED = 'one rule of the token: the message says who is blocked';
const NOT_EXACTLY = 'the payee does not get exactly the amount: the message says whether anything moves';

export const ON_CHAIN: readonly Fault[] = [
  {
    what: 'a used nonce',
    code: 'invalid_exact_evm_nonce_already_used',
    shares: USED,
    says: /already used or cancelled on chain/,
    async make(scene) {
      const draft = await scene.request();
      const { from, nonce } = draft.paymentPayload.payload.authorization;
      await setNonceUsed(scene.anvil, USDC, from, nonce);
      return draft;
    },
  },
  {
    what: 'a used nonce of a token that does not revert',
    like: 'a used nonce',
    code: 'invalid_exact_evm_nonce_already_used',
    shares: USED,
    says: /already used or cancelled on chain/,
    async make(scene) {
      await fund(scene.anvil, PYUSD, scene.payer.address, AMOUNT);
      const draft = await scene.request({ token: PYUSD });
      const { from, nonce } = draft.paymentPayload.payload.authorization;
      await setNonceUsed(scene.anvil, PYUSD, from, nonce);
      return draft;
    },
  },
  {
    what: 'a cancelled authorization',
    like: 'a used nonce',
    code: 'invalid_exact_evm_nonce_already_used',
    shares: USED,
    says: /already used or cancelled on chain/,
    async make(scene) {
      const draft = await scene.request();
      await cancel(scene.anvil, USDC, scene.payer, draft.paymentPayload.payload.authorization.nonce);
      return draft;
    },
  },
  {
    what: 'a payer with too little',
    code: 'invalid_exact_evm_insufficient_balance',
    v1: 'insufficient_funds',
    says: /0x\w{40} holds 999 of 0x\w{40}; the payment needs 1000/,
    async make(scene) {
      await fund(scene.anvil, USDC, scene.payer.address, AMOUNT - 1n);
      return scene.request();
    },
  },
  {
    what: 'a blocked payer',
    code: 'invalid_exact_evm_account_blocked',
    shares: BLOCKED,
    says: /has blocked the payer 0x\w{40}\.$/,
    async make(scene) {
      await setBlocked(scene.anvil, USDC, scene.payer.address, true);
      return scene.request();
    },
  },
  {
    what: 'a blocked payee',
    code: 'invalid_exact_evm_account_blocked',
    shares: BLOCKED,
    says: /has blocked the payee 0x\w{40}\.$/,
    async make(scene) {
      await setBlocked(scene.anvil, USDC, scene.payee, true);
      return scene.request();
    },
  },
  {
    what: 'a paused token',
    code: 'invalid_exact_evm_asset_paused',
    says: /is paused by its issuer/,
    async make(scene) {
      await setPaused(scene.anvil, PAUSABLE, true);
      await fund(scene.anvil, PAUSABLE, scene.payer.address, AMOUNT);
      return scene.request({ token: PAUSABLE });
    },
  },
  {
    what: 'a payee whom the token does not pay',
    code: 'invalid_exact_evm_transaction_simulation_failed',
    says: /The token refuses the transfer: "ERC20: transfer to the zero address"/,
    make: (scene) => scene.request({ sign: { to: zeroAddress }, terms: { payTo: zeroAddress } }),
  },
  {
    what: 'an asset without code',
    code: 'asset_not_deployed_contract',
    says: /There is no contract at 0x\w{40}/,
    takes: 'any',
    make: (scene) => scene.request({ token: { ...USDC, address: someAddress() } }),
  },
  {
    what: 'an asset that is no token',
    code: 'invalid_exact_evm_eip3009_not_supported',
    says: /has no authorizationState, so no EIP-3009/,
    takes: 'any',
    make: (scene) => scene.request({ token: { ...USDC, address: MULTICALL3_ADDRESS } }),
  },
  {
    what: 'a token that burns all gas it gets',
    code: 'invalid_exact_evm_gas_ceiling_exceeded',
    shares: 'whoever burns the gas, the ceiling is the same',
    says: /needs more gas than is sponsored/,
    takes: 'any',
    make: async (scene) => scene.request({ token: await scene.token('GasBurnerToken') }),
  },
  {
    what: 'a token that takes a fee',
    code: 'invalid_exact_evm_transfer_event_mismatch',
    shares: NOT_EXACTLY,
    says: /would not credit 0x\w{40} with exactly 1000: the token takes a fee/,
    takes: 'any',
    make: async (scene) => scene.request({ token: await scene.token('FeeToken') }),
  },
  {
    what: 'a token that does nothing',
    code: 'invalid_exact_evm_transfer_event_mismatch',
    shares: NOT_EXACTLY,
    says: /accepts the call and credits nothing to 0x\w{40}/,
    takes: 'any',
    make: async (scene) => scene.request({ token: await scene.token('SilentToken') }),
  },
];
