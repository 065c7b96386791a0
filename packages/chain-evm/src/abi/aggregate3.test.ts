import fc from 'fast-check';
import { decodeFunctionResult, encodeFunctionData, encodeFunctionResult, multicall3Abi } from 'viem';
import { describe, expect, it } from 'vitest';
import type { Hex } from '../hash/hex.ts';
import { decodeAggregate3, encodeAggregate3 } from './aggregate3.ts';

const abi = multicall3Abi;
const functionName = 'aggregate3';
const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;
const anyBytes = fc.uint8Array({ maxLength: 200 }).map(hexOf);
const anyAddress = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(hexOf);

describe('aggregate3', () => {
  it('is written as viem writes it', () => {
    const calls = fc.array(fc.record({ target: anyAddress, mayFail: fc.boolean(), data: anyBytes }), { maxLength: 20 });
    fc.assert(
      fc.property(calls, (wanted) => {
        const args = [wanted.map(({ target, mayFail, data }) => ({ target, allowFailure: mayFail, callData: data }))];
        expect(encodeAggregate3(wanted)).toBe(encodeFunctionData({ abi, functionName, args: [args[0] ?? []] }));
      }),
    );
  });

  it('is read as viem reads it', () => {
    const results = fc.array(fc.record({ success: fc.boolean(), returnData: anyBytes }), { maxLength: 20 });
    fc.assert(
      fc.property(results, (answered) => {
        const answer = encodeFunctionResult({ abi, functionName, result: answered });
        const read = decodeAggregate3(answer, answered.length);
        const byViem = decodeFunctionResult({ abi, functionName, data: answer });
        expect(read?.map(({ success, data }) => ({ success, returnData: `0x${data}` }))).toEqual(byViem);
      }),
    );
  });

  it('is not read when it has another length or was cut off', () => {
    const result = [
      { success: true, returnData: '0x1234' },
      { success: false, returnData: `0x${'ab'.repeat(70)}` },
    ] as const;
    const answer = encodeFunctionResult({ abi, functionName, result });
    expect(decodeAggregate3(answer, 2)).toHaveLength(2);
    expect(decodeAggregate3(answer, 1)).toBeUndefined();
    expect(decodeAggregate3(answer, 3)).toBeUndefined();
    // The last word is padding: what it lacks is not missed.
    for (let length = 2; length < answer.length - 64; length += 2) {
      expect(decodeAggregate3(`0x${answer.slice(2, length)}`, 2)).toBeUndefined();
    }
  });

  it('never throws, whatever a node answers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(5), (bytes, count) => {
        const read = decodeAggregate3(hexOf(bytes), count);
        expect(read === undefined || read.length === count).toBe(true);
      }),
    );
  });
});
