/** What accounts hold, in one round trip. */
import type { Hex } from './hash/hex.ts';
import { failureOf, quantityIn } from './rpc/answers.ts';
import { askAll, handing, type Question, type Rpc } from './rpc/rpc.ts';

/** Wei, in the order of `accounts`. `alsoAsk`: questions that ride along. Rejects when one balance is not told. */
export async function balances(
  rpc: Rpc,
  accounts: readonly Hex[],
  alsoAsk: readonly Question<void>[],
): Promise<readonly bigint[]> {
  const held: bigint[] = [];
  await askAll<void>(rpc, [
    ...accounts.map((account) => handing(question(account), (wei) => held.push(wei))),
    ...alsoAsk,
  ]);
  return held;
}

function question(account: Hex): Question<bigint> {
  return {
    calls: [{ method: 'eth_getBalance', params: [account, 'latest'] }],
    read([answer]) {
      const wei = quantityIn(answer);
      if (wei === undefined) throw new Error(failureOf(answer));
      return wei;
    },
  };
}
