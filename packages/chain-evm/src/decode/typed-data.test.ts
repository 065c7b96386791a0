import fc from 'fast-check';
import { hashTypedData, domainSeparator as separatorByViem } from 'viem';
import { describe, expect, it } from 'vitest';
import { type Hex, toHex } from '../hash/hex.ts';
import { authorizationDigest, domainSeparator } from './typed-data.ts';

const uint = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((raw): Hex => toHex(raw));

const types = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const;

describe('what a payer signs', () => {
  // viem leaves an empty name or version out of the domain; tokens have neither.
  it('hashes as viem hashes it', () => {
    const terms = fc.record({
      from: bytes(20),
      to: bytes(20),
      value: uint,
      validAfter: uint,
      validBefore: uint,
      nonce: bytes(32),
    });
    const domain = fc.record({
      name: fc.string({ unit: 'grapheme', minLength: 1 }),
      version: fc.string({ minLength: 1 }),
    });
    fc.assert(
      fc.property(
        terms,
        domain,
        fc.integer({ min: 1, max: 2 ** 48 }),
        bytes(20),
        (message, { name, version }, id, token) => {
          const full = { name, version, chainId: id, verifyingContract: token };
          const separator = domainSeparator({ name, version }, id, token);
          expect(toHex(separator)).toBe(separatorByViem({ domain: full }));
          expect(toHex(authorizationDigest(separator, message))).toBe(
            hashTypedData({ domain: full, types, primaryType: 'TransferWithAuthorization', message }),
          );
        },
      ),
    );
  });

  it('has the separators that the contracts of real tokens answer', () => {
    const separator = (name: string, version: string, chainId: number, token: Hex) =>
      toHex(domainSeparator({ name, version }, chainId, token));
    // USDC on Base and Base Sepolia, GLUE on Avalanche Fuji.
    expect(separator('USD Coin', '2', 8453, '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913')).toBe(
      '0x02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f',
    );
    expect(separator('USDC', '2', 84532, '0x036cbd53842c5426634e7929541ec2318f3dcf7e')).toBe(
      '0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818',
    );
    expect(separator('GLUE Token', '1', 43113, '0x3d19a80b3bd5cc3a4e55d4b5b753bc36d6a44743')).toBe(
      '0xc536b159d4002c0f707b67357db52990aabd3392b6e32c1f8e37d5651a1ccf45',
    );
  });
});
