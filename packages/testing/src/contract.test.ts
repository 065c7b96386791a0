import { decodeFunctionResult, encodeFunctionData, parseAbi } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { tryCall } from './call.ts';
import { setText, someAddress } from './contract.ts';
import { BASE_SEPOLIA_USDC } from './sandbox-chain.ts';
import { putToken } from './token.ts';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
});
afterAll(() => anvil.stop());

test.each(['', 'a', 'x'.repeat(31), 'x'.repeat(32), 'y'.repeat(64), 'USD₮0', 'long '.repeat(40)])(
  'setText writes %j as Solidity would',
  async (text) => {
    const token = await putToken(anvil, { ...BASE_SEPOLIA_USDC, address: someAddress() });
    await setText(anvil, token.address, 4, text);
    const abi = parseAbi(['function name() view returns (string)']);
    const { data } = await tryCall(anvil, {
      to: token.address,
      data: encodeFunctionData({ abi, functionName: 'name' }),
    });
    expect(decodeFunctionResult({ abi, functionName: 'name', data })).toBe(text);
  },
);
