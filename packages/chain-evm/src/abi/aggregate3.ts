/** Multicall3.aggregate3: many calls in one. Written out by hand because it is the hot path: viem needs nearly three times as long. */
import type { Hex } from '../hash/hex.ts';
import { addressWord, bytesTail, readSize, sizeWord, wordAt } from './words.ts';

/** One call; when it may not fail, its failure reverts the whole. */
export type Call = { readonly target: Hex; readonly mayFail: boolean; readonly data: Hex };

/** What one call answered: returned data or revert data, as digits without 0x. */
export type Result = { readonly success: boolean; readonly data: string };

const AGGREGATE3 = '82ad56cb';
const TRUE = sizeWord(1);
const FALSE = sizeWord(0);
const WORD = 32;
/** target, allowFailure, the offset of the data and its length. */
const HEAD = 4 * WORD;
const DATA_OFFSET = sizeWord(3 * WORD);

/** Calldata of `aggregate3(calls)`. */
export function encodeAggregate3(calls: readonly Call[]): Hex {
  let offsets = '';
  let tuples = '';
  let offset = calls.length * WORD;
  for (const { target, mayFail, data } of calls) {
    offsets += sizeWord(offset);
    const digits = data.slice(2);
    tuples += addressWord(target) + (mayFail ? TRUE : FALSE) + DATA_OFFSET + bytesTail(digits);
    offset += HEAD + Math.ceil(digits.length / 2 / WORD) * WORD;
  }
  return `0x${AGGREGATE3}${sizeWord(WORD)}${sizeWord(calls.length)}${offsets}${tuples}`;
}

/** The results of `aggregate3`, in order; undefined when `answer` is not `count` of them. */
export function decodeAggregate3(answer: Hex, count: number): readonly Result[] | undefined {
  const digits = answer.slice(2);
  const start = readSize(digits, 0);
  if (start !== WORD || readSize(digits, 1) !== count) return undefined;
  const body = digits.slice(4 * WORD);
  const results: Result[] = [];
  for (let index = 0; index < count; index += 1) {
    const result = decodeResult(body, readSize(body, index));
    if (result === undefined) return undefined;
    results.push(result);
  }
  return results;
}

function decodeResult(body: string, offset: number | undefined): Result | undefined {
  if (offset === undefined || offset % WORD !== 0) return undefined;
  const word = offset / WORD;
  const success = wordAt(body, word);
  const length = readSize(body, word + 2);
  if (success === undefined || length === undefined || readSize(body, word + 1) !== 2 * WORD) return undefined;
  const from = (word + 3) * 2 * WORD;
  const data = body.slice(from, from + length * 2);
  return data.length === length * 2 ? { success: success === TRUE, data } : undefined;
}
