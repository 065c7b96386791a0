import fc from 'fast-check';
import { encodeAbiParameters } from 'viem';
import { describe, expect, it } from 'vitest';
import { readBool, readString, readStringAt, readUint } from './words.ts';

const digits = (hex: string) => hex.slice(2);

describe('answers', () => {
  it('are read as they were encoded', () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.boolean(), text, (number, truth, words) => {
        expect(readUint(digits(encodeAbiParameters([{ type: 'uint256' }], [number])))).toBe(number);
        expect(readBool(digits(encodeAbiParameters([{ type: 'bool' }], [truth])))).toBe(truth);
        expect(readString(digits(encodeAbiParameters([{ type: 'string' }], [words])))).toBe(words);
        const two = encodeAbiParameters([{ type: 'uint256' }, { type: 'string' }], [number, words]);
        expect(readStringAt(digits(two), 1)).toBe(words);
      }),
    );
  });

  it('may be bytes32 where a string is expected', () => {
    expect(readString(Buffer.from('Dai').toString('hex').padEnd(64, '0'))).toBe('Dai');
  });

  it('are undefined when they are something else', () => {
    expect(readUint('')).toBeUndefined();
    expect(readUint('00'.repeat(31))).toBeUndefined();
    expect(readBool('00'.repeat(31).concat('02'))).toBeUndefined();
    expect(readString('ff'.repeat(64))).toBeUndefined();
  });

  it('never make reading throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(6), (raw, index) => {
        const read = readStringAt(Buffer.from(raw).toString('hex'), index);
        expect(['string', 'undefined']).toContain(typeof read);
      }),
    );
  });
});
