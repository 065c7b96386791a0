/** A chain that takes back what was told settled. */
import { expect, it, onTestFinished } from 'vitest';
import { startChain, transfersTo, USDC } from '../stage/chain.ts';
import { startHere } from '../stage/facilitator.ts';
import { PATIENCE } from '../stage/patience.ts';
import { openScene } from '../stage/scene.ts';

it('payments whose blocks vanish with their transactions are on chain again, by the same transactions', async () => {
  const anvil = await startChain();
  onTestFinished(() => anvil.stop());
  const facilitator = await startHere({ rpcUrl: anvil.url, env: { REORG_DEPTH_BASE_SEPOLIA: '3' } });
  onTestFinished(() => facilitator.close());
  await anvil.setBalance(facilitator.signer.address, 10n ** 19n);
  const scenes = await Promise.all([openScene(anvil, 2), openScene(anvil, 2)]);
  const drafts = await Promise.all(scenes.map((scene) => scene.request()));
  const snapshot = await anvil.rpc('evm_snapshot');
  const told = await Promise.all(drafts.map((draft) => facilitator.post('settle', draft)));
  expect(told.map(({ body }) => body['success'])).toEqual([true, true]);

  await anvil.rpc('evm_revert', [snapshot]);
  const paid = () => Promise.all(scenes.map(({ payee }) => transfersTo(anvil, USDC.address, payee)));
  expect(await paid()).toEqual([[], []]);
  // The other chain grows longer than the one that was seen.
  for (let block = 0; block < 5; block += 1) await anvil.mine();

  await expect.poll(paid, PATIENCE).toEqual(told.map(({ body }) => [body['transaction']]));
  await expect.poll(() => facilitator.told().match(/settle\.restored/g)?.length, PATIENCE).toBe(2);
  expect(facilitator.told()).not.toContain('"event":"fault"');
  const again = await Promise.all(drafts.map((draft) => facilitator.post('settle', draft)));
  expect(again.map(({ body }) => body['errorReason'])).toEqual(['duplicate_settlement', 'duplicate_settlement']);
});
