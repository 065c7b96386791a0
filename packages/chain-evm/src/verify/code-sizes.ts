/** Which of many accounts have code, in one call that needs no contract on the chain. */
import { wordAt } from '../abi/words.ts';
import type { Hex } from '../hash/hex.ts';
import { bytesIn } from '../rpc/answers.ts';
import type { Question } from '../rpc/rpc.ts';

/**
 * Runs as the constructor of a contract that never comes to be: what it returns is the answer. It walks the addresses that
 * follow it, 20 bytes each, and returns a word with the code size of each.
 */
const PROGRAM = [
  // k = 0, where the next word goes; p = the program's own length, where the first address is
  ...['6000', '6029'],
  // 0x04: until p has reached the end
  ...['5b', '38', '81', '10', '15', '6024', '57'],
  // the address, right-aligned in the word at k, which is empty
  ...['6014', '81', '83', '600c', '01', '39'],
  // its code size in its place
  ...['81', '51', '3b', '82', '52'],
  // p += 20, k += 32
  ...['6014', '01', '90', '6020', '01', '90', '6004', '56'],
  // 0x24: return k bytes
  ...['5b', '50', '6000', 'f3'],
].join('');

/** More would be more than a contract may have. */
export const MOST_ACCOUNTS = 500;

/** `accounts`: lower-case, at most `MOST_ACCOUNTS`. Undefined when the node does not say. */
export function codeSizesQuestion(
  accounts: readonly Hex[],
  caller: Hex,
): Question<ReadonlyMap<Hex, boolean> | undefined> {
  const data = `0x${PROGRAM}${accounts.map((account) => account.slice(2)).join('')}`;
  return {
    calls: [{ method: 'eth_call', params: [{ from: caller, data }, 'latest'] }],
    read([answer]) {
      const digits = bytesIn(answer)?.slice(2);
      if (digits?.length !== accounts.length * 64) return undefined;
      return new Map(accounts.map((account, index) => [account, BigInt(`0x${wordAt(digits, index) ?? '0'}`) !== 0n]));
    },
  };
}
