/** Signatures that nobody can use, or that are not the payer's. */
import {
  fund,
  newWallet,
  putFactory,
  putGasBurnerWallet,
  putWallet,
  randomNonce,
  wrap6492,
} from '@facilitator/testing';
import { concat, type Hex, hexToBigInt, numberToHex, slice } from 'viem';
import { USDC } from '../stage/chain.ts';
import { PURSE, type Scene } from '../stage/scene.ts';
import { ALLOWED_FACTORY, counterfactual } from '../stage/wallets.ts';
import type { Fault } from './fault.ts';

const UNUSABLE = 'the signature has no usable form: the message says what is wrong with it';
const NOT_THE_PAYERS = 'somebody else signed, or something else: the message says who judged it';
const TOO_MUCH_GAS = 'whoever burns the gas, the ceiling is the same';

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A good payment whose signature is changed afterwards. */
function resigned(change: (signature: Hex) => string): Fault['make'] {
  return async (scene) => {
    const draft = await scene.request();
    const { payload } = draft.paymentPayload;
    Object.assign(payload, { signature: change(payload.signature) });
    return draft;
  };
}

/** The same signature with the s and the v that no token takes. */
function highS(signature: Hex): Hex {
  const s = CURVE_ORDER - hexToBigInt(slice(signature, 32, 64));
  const v = slice(signature, 64) === '0x1b' ? '0x1c' : '0x1b';
  return concat([slice(signature, 0, 32), numberToHex(s, { size: 32 }), v]);
}

/** A payment by a contract that the payer's key owns. */
async function byWallet(scene: Scene, from: Hex) {
  await fund(scene.anvil, USDC, from, PURSE);
  return scene.request({ sign: { from } });
}

export const SIGNATURES: readonly Fault[] = [
  {
    what: 'a signature by another key',
    code: 'invalid_exact_evm_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: NOT_THE_PAYERS,
    says: /The signature is not by 0x\w{40}: it recovers to 0x\w{40}\..* name "USDC", version "2", chainId 84532/,
    make: (scene) => scene.request({ sign: { privateKey: newWallet().privateKey, from: scene.payer.address } }),
  },
  {
    what: 'a signature that no key can have made',
    code: 'invalid_exact_evm_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: NOT_THE_PAYERS,
    says: /The signature is not by 0x\w{40}: nobody’s key made it/,
    make: resigned(() => `0x${'00'.repeat(64)}1b`),
  },
  {
    what: 'a signature that the payer’s contract refuses',
    code: 'invalid_exact_evm_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: NOT_THE_PAYERS,
    says: /The contract at 0x\w{40} does not accept the signature/,
    make: async (scene) => byWallet(scene, await putWallet(scene.anvil, 'Wallet1271', newWallet().address)),
  },
  {
    // However much it is given, it never comes to say yes or no.
    what: 'a wallet that burns all gas it gets',
    like: 'a signature that the payer’s contract refuses',
    code: 'invalid_exact_evm_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: NOT_THE_PAYERS,
    says: /The contract at 0x\w{40} does not accept the signature/,
    make: async (scene) => byWallet(scene, await putGasBurnerWallet(scene.anvil, scene.payer.address)),
  },
  {
    what: 'a signature that is not hex',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /The signature contains characters that are not hex digits/,
    make: resigned((signature) => signature.replace(/.$/, 'g')),
  },
  {
    what: 'half a byte too few',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /has 129 hex digits, which is not a whole number of bytes/,
    make: resigned((signature) => signature.slice(0, -1)),
  },
  {
    what: 'no signature at all',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /The signature has 0 bytes\. Expected 65/,
    make: resigned(() => '0x'),
  },
  {
    what: 'a short signature',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /The signature has 64 bytes\. Expected 65/,
    make: resigned((signature) => signature.slice(0, -2)),
  },
  {
    what: 'a long signature',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /The signature has 66 bytes\. Expected 65/,
    make: resigned((signature) => `${signature}00`),
  },
  {
    what: 'a signature in the upper half of the curve',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /an s in the upper half of the curve order/,
    make: resigned(highS),
  },
  {
    what: 'a recovery id that does not exist',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /The signature ends in v = 29/,
    make: resigned((signature) => signature.replace(/..$/, '1d')),
  },
  {
    what: 'an ERC-6492 wrapper around nothing',
    code: 'invalid_exact_evm_failed_to_parse_signature',
    v1: 'invalid_exact_evm_payload_signature',
    shares: UNUSABLE,
    says: /ends like an ERC-6492 wrapper, but does not hold factory, factory calldata and signature/,
    make: resigned((signature) => `${signature}${'6492'.repeat(16)}`),
  },
  {
    what: 'a smart wallet that is not deployed',
    code: 'invalid_exact_evm_payload_undeployed_smart_wallet',
    says: /has 130 bytes, so a smart wallet made it, but there is no contract at/,
    make: resigned((signature) => `${signature}${signature.slice(2)}`),
  },
  {
    what: 'a wallet by a factory nobody allowed',
    code: 'eip6492_factory_not_allowed',
    says: /wants the wallet deployed by 0x\w{40}, which is not an allowed factory/,
    async make(scene) {
      const wallet = counterfactual(await putFactory(scene.anvil, 'ForeignFactory'), scene.payer);
      return wallet.request(scene);
    },
  },
  {
    what: 'a wallet that its factory does not deploy',
    code: 'smart_wallet_deployment_failed',
    says: /The factory does not deploy the wallet 0x\w{40}/,
    async make(scene) {
      const from = newWallet().address;
      const draft = await byWallet(scene, from);
      const { payload } = draft.paymentPayload;
      // The factory has no such function and reverts.
      const signature = wrap6492(ALLOWED_FACTORY, randomNonce(), payload.signature);
      Object.assign(payload, { signature });
      return draft;
    },
  },
  {
    what: 'a wallet that costs more gas than is sponsored',
    code: 'invalid_exact_evm_gas_ceiling_exceeded',
    shares: TOO_MUCH_GAS,
    says: /The payer's contract makes the transfer need more than the 500000 gas that are sponsored/,
    make: async (scene) => byWallet(scene, await putGasBurnerWallet(scene.anvil, scene.payer.address, 700_000n)),
  },
];
