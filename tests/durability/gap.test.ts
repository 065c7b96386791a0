/** A key whose next nonce others hold, until theirs is gone. */
import { newWallet, someAddress } from '@facilitator/testing';
import { privateKeyToAccount } from 'viem/accounts';
import { expect, it, onTestFinished } from 'vitest';
import { purseOf, startChain, transfersTo, USDC } from '../stage/chain.ts';
import { startHere } from '../stage/facilitator.ts';
import { PATIENCE } from '../stage/patience.ts';
import { openScene } from '../stage/scene.ts';

it('a transaction of an earlier journal is evicted from the pool: an empty one takes its nonce, and payments go on', async () => {
  const anvil = await startChain();
  onTestFinished(() => anvil.stop());
  const signer = newWallet();
  await anvil.setBalance(signer.address, 10n ** 19n);
  await anvil.pauseMining();
  const lost = await privateKeyToAccount(signer.privateKey).signTransaction({
    ...{ chainId: anvil.chainId, nonce: 0, to: someAddress(), gas: 21_000n },
    ...{ maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n },
  });
  const hash = await anvil.rpc('eth_sendRawTransaction', [lost]);
  const facilitator = await startHere({ rpcUrl: anvil.url, signer });
  onTestFinished(() => facilitator.close());
  const scene = await openScene(anvil, 2);
  const answer = facilitator.post('settle', await scene.request());
  await expect.poll(() => facilitator.told(), PATIENCE).toContain('"event":"settle.broadcast"');

  await anvil.rpc('anvil_dropTransaction', [hash]);
  await anvil.resumeMining();
  const { body } = await answer;
  expect(body).toMatchObject({ success: true });
  expect(await transfersTo(anvil, USDC.address, scene.payee)).toEqual([body['transaction']]);
  expect(await purseOf(anvil, signer.address)).toMatchObject({ nonce: 2n });
  expect(facilitator.told()).toContain(`no transaction has nonce 0 of ${signer.address}`);
});
