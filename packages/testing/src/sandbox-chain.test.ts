import { afterAll, beforeAll, expect, test } from 'vitest';
import { signAuthorization } from './authorization.ts';
import { MULTICALL3_ADDRESS, PERMIT2_ADDRESS } from './contract.ts';
import { hex } from './hex.ts';
import { type SandboxChain, startSandboxChain } from './sandbox-chain.ts';
import { minedReceipt, sendTransaction, transferCalldata } from './submission.ts';
import { balanceOf } from './token.ts';

let chain: SandboxChain;
beforeAll(async () => {
  chain = await startSandboxChain();
});
afterAll(() => chain.stop());

test('is Base Sepolia with everything in its place', async () => {
  const { rpc } = chain.anvil;
  expect(await rpc('eth_chainId')).toBe('0x14a34');
  for (const address of [chain.usdc.address, chain.glue.address, MULTICALL3_ADDRESS, PERMIT2_ADDRESS]) {
    expect(hex(await rpc('eth_getCode', [address, 'latest'])).length).toBeGreaterThan(1_000);
  }
  expect(BigInt(hex(await rpc('eth_getBalance', [chain.facilitator.address, 'latest'])))).toBe(10n ** 19n);
  expect(await rpc('eth_getBalance', [chain.buyer.address, 'latest'])).toBe('0x0');
  expect(new Set([chain.facilitator, chain.seller, chain.buyer].map(({ address }) => address)).size).toBe(3);
});

test.each(['usdc', 'glue'] as const)(
  'the buyer pays the seller in %s and the facilitator pays for gas',
  async (name) => {
    const { anvil, chainId, facilitator, seller, buyer, [name]: token } = chain;
    const payload = await signAuthorization({
      privateKey: buyer.privateKey,
      chainId,
      token,
      to: seller.address,
      value: 10_000n,
    });
    const data = transferCalldata(payload, 'vrs');
    const hash = await sendTransaction(anvil, { privateKey: facilitator.privateKey, to: token.address, data });
    expect(await minedReceipt(anvil, hash)).toMatchObject({ status: 'success' });
    expect(await balanceOf(anvil, token, seller.address)).toBe(10_000n);
    expect(await balanceOf(anvil, token, buyer.address)).toBe(999_990_000n);
  },
);
