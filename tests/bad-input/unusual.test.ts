/** Requests that look odd and are good: they must be taken, and paid exactly. */
import { balanceOf, delegateAccount, fund, newWallet, putWallet } from '@facilitator/testing';
import type { Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GLUE, transfersTo, USDC } from '../stage/chain.ts';
import { PYUSD } from '../stage/own-tokens.ts';
import { AMOUNT, type Draft, PURSE, type Scene, type Version } from '../stage/scene.ts';
import { ALLOWED_FACTORY, counterfactual } from '../stage/wallets.ts';
import { openWorld, type World } from '../stage/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Unusual = {
  readonly what: string;
  /** USDC unless given. */
  readonly token?: typeof USDC;
  readonly make: (scene: Scene) => Promise<Draft>;
};

function resigned(change: (signature: Hex) => string): Unusual['make'] {
  return async (scene) => {
    const draft = await scene.request();
    const { payload } = draft.paymentPayload;
    Object.assign(payload, { signature: change(payload.signature) });
    return draft;
  };
}

function retold(change: (draft: Draft) => void): Unusual['make'] {
  return async (scene) => {
    const draft = await scene.request();
    change(draft);
    return draft;
  };
}

async function holding(scene: Scene, token: typeof USDC): Promise<Draft> {
  await fund(scene.anvil, token, scene.payer.address, AMOUNT);
  return scene.request({ token });
}

const UNUSUAL: readonly Unusual[] = [
  { what: 'v of 0 or 1', make: resigned((signature) => signature.replace(/1b$/, '00').replace(/1c$/, '01')) },
  { what: 'a signature that starts with 0x0x', make: resigned((signature) => `0x${signature}`) },
  { what: 'a signature without 0x', make: resigned((signature) => signature.slice(2)) },
  { what: 'a signature in capitals', make: resigned((signature) => `0x${signature.slice(2).toUpperCase()}`) },
  {
    what: 'amounts and times as JSON numbers',
    make: retold(({ paymentPayload: { payload } }) => {
      const { value, validAfter, validBefore } = payload.authorization;
      const numbers = { value: Number(value), validAfter: Number(validAfter), validBefore: Number(validBefore) };
      Object.assign(payload.authorization, numbers);
    }),
  },
  {
    what: 'addresses in small letters',
    make: retold(({ paymentPayload: { payload }, paymentRequirements }) => {
      const { from, to } = payload.authorization;
      Object.assign(payload.authorization, { from: from.toLowerCase(), to: to.toLowerCase() });
      paymentRequirements['payTo'] = to.toLowerCase();
      paymentRequirements['asset'] = USDC.address.toLowerCase();
    }),
  },
  { what: 'a known token without its domain', make: (scene) => scene.request({ terms: { extra: {} } }) },
  { what: 'a window that never ends', make: (scene) => scene.request({ sign: { validBefore: 2n ** 256n - 1n } }) },
  { what: 'a token that only takes v, r and s', token: GLUE, make: (scene) => holding(scene, GLUE) },
  { what: 'a token that would not revert', token: PYUSD, make: (scene) => holding(scene, PYUSD) },
  {
    what: 'a payer who spends all there is',
    make: async (scene) => scene.request({ sign: { value: PURSE }, terms: { amount: PURSE } }),
  },
  {
    what: 'a smart wallet (ERC-1271)',
    async make(scene) {
      const from = await putWallet(scene.anvil, 'Wallet1271', scene.payer.address);
      await fund(scene.anvil, USDC, from, PURSE);
      return scene.request({ sign: { from } });
    },
  },
  {
    what: 'an account with code of its own (EIP-7702)',
    async make(scene) {
      await delegateAccount(scene.anvil, scene.payer.address);
      return scene.request();
    },
  },
  {
    what: 'a wallet that its signature deploys (ERC-6492)',
    make: async (scene) => counterfactual(ALLOWED_FACTORY, newWallet()).request(scene),
  },
];

describe.each(UNUSUAL)('$what', ({ token = USDC, make }) => {
  it.each([1, 2] as const)('is verified and settled, in x402 version %i', async (version: Version) => {
    const { anvil, careful } = world;
    const scene = await world.scene(version);
    const draft = await make(scene);
    const { from, value } = draft.paymentPayload.payload.authorization;
    const payer = expect.stringMatching(new RegExp(`^${from}$`, 'i'));
    expect((await careful.post('verify', draft)).body).toMatchObject({ isValid: true, payer });
    const { body } = await careful.post('settle', draft);
    expect(body).toMatchObject({ success: true, payer, network: draft.paymentRequirements['network'] });
    expect(await balanceOf(anvil, token, scene.payee)).toBe(BigInt(value));
    expect(await transfersTo(anvil, token.address, scene.payee)).toEqual([body['transaction']]);
  });
});
