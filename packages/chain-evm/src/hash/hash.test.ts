import fc from 'fast-check';
import { getAddress, keccak256, recoverAddress, serializeSignature } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { checksum } from './address.ts';
import { type Hex, hexBytes, lowerAddress, toHex } from './hex.ts';
import { keccak } from './keccak.ts';
import { addressOfPrivateKey, isHighS, isPrivateKey, recover, sign } from './secp256k1.ts';

const raw = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('hashes', () => {
  it('are viem’s', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (data) => {
        expect(toHex(keccak(data))).toBe(keccak256(data));
      }),
    );
  });

  it('spell addresses as viem does', () => {
    fc.assert(
      fc.property(raw(20), (bytes) => {
        expect(checksum(toHex(bytes))).toBe(getAddress(toHex(bytes)));
      }),
    );
  });
});

describe('keys', () => {
  it('sign what viem recovers, and recover what was signed', async () => {
    await fc.assert(
      fc.asyncProperty(raw(32).filter(isPrivateKey), raw(32), async (key, digest) => {
        const signed = sign(digest, key);
        const parity = signed[64] === 1 ? 1 : 0;
        const address = addressOfPrivateKey(key);
        expect(isHighS(signed)).toBe(false);
        expect(recover(digest, signed.subarray(0, 64), parity)).toBe(address);
        expect(checksum(address)).toBe(privateKeyToAddress(toHex(key)));
        const signature = serializeSignature({
          r: toHex(signed.subarray(0, 32)),
          s: toHex(signed.subarray(32, 64)),
          yParity: parity,
        });
        expect(await recoverAddress({ hash: toHex(digest), signature })).toBe(checksum(address));
      }),
      { numRuns: 20 },
    );
  });

  it('never make recovering throw', () => {
    fc.assert(
      fc.property(raw(32), raw(64), fc.constantFrom(0 as const, 1 as const), (digest, rs, parity) => {
        const signer = recover(digest, rs, parity);
        expect(signer === undefined || lowerAddress(signer) === signer).toBe(true);
      }),
    );
    expect(recover(new Uint8Array(32), new Uint8Array(64), 0)).toBeUndefined();
    expect(recover(new Uint8Array(32), new Uint8Array(64).fill(255), 1)).toBeUndefined();
  });
});

describe('hex', () => {
  it('is whole bytes or nothing', () => {
    expect(hexBytes('0xAB')).toBe('0xab');
    expect(hexBytes('ab')).toBe('0xab');
    for (const text of ['0xa', '0xgg', '0x0x12', ' 0x12']) expect(hexBytes(text)).toBeUndefined();
    const address: Hex = `0x${'Ab'.repeat(20)}`;
    expect(lowerAddress(address)).toBe(address.toLowerCase());
    for (const text of ['', 'ab'.repeat(20), `0x${'ab'.repeat(21)}`]) expect(lowerAddress(text)).toBeUndefined();
  });
});
