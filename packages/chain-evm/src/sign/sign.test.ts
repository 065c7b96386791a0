import { newWallet } from '@facilitator/testing';
import fc from 'fast-check';
import { keccak256, parseTransaction } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import type { Fees } from '../fees/fee-book.ts';
import { type Hex, toHex } from '../hash/hex.ts';
import { localSigner } from './local-signer.ts';
import { callOf, feesOf, signTransaction } from './transaction.ts';

const wei = fc.bigInt({ min: 0n, max: 2n ** 80n });
const fees = fc.oneof(
  fc.record({ type: fc.constant('legacy' as const), gasPrice: wei }),
  fc
    .tuple(wei, wei)
    .map(([tip, base]): Fees => ({ type: 'eip1559', maxFeePerGas: tip + base, maxPriorityFeePerGas: tip })),
);
const hex = (min: number, max = min) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes): Hex => toHex(bytes));

describe('a signed transaction', () => {
  it('is byte for byte the one viem signs, and has its hash', async () => {
    const { privateKey } = newWallet();
    const account = privateKeyToAccount(privateKey);
    const signer = localSigner(privateKey);
    await fc.assert(
      fc.asyncProperty(
        fees,
        fc.record({
          to: hex(20),
          data: hex(1, 600),
          gas: fc.bigInt({ min: 21_000n, max: 2n ** 40n }),
          nonce: fc.bigInt({ min: 0n, max: 2n ** 50n }),
          chainId: fc.integer({ min: 1, max: 2 ** 40 }),
        }),
        async (offered, wanted) => {
          const signed = await signTransaction(signer, { ...wanted, fees: offered });
          const byViem = await account.signTransaction({ ...wanted, nonce: Number(wanted.nonce), ...offered });
          expect(signed).toEqual({ bytes: byViem, hash: keccak256(byViem) });
          expect(feesOf(signed.bytes)).toEqual(offered);
          expect(callOf(signed.bytes)).toEqual({ to: wanted.to, data: wanted.data, gas: wanted.gas });
          const { to, data, nonce = 0 } = parseTransaction(byViem);
          expect({ to: to?.toLowerCase(), data, nonce: BigInt(nonce) }).toEqual({
            to: wanted.to,
            data: wanted.data,
            nonce: wanted.nonce,
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is not made of what is no signature', async () => {
    const { address } = newWallet();
    const fee: Fees = { type: 'legacy', gasPrice: 1n };
    const transaction = { to: `0x${'12'.repeat(20)}`, data: '0x', gas: 1n, nonce: 0n, chainId: 1, fees: fee } as const;
    for (const answer of [new Uint8Array(64), new Uint8Array(65).fill(27)]) {
      await expect(signTransaction({ address, sign: async () => answer }, transaction)).rejects.toThrow(/65 bytes/);
    }
  });
});

describe('a key', () => {
  it('is taken with and without 0x', () => {
    const { privateKey, address } = newWallet();
    expect(localSigner(privateKey).address).toBe(address);
    expect(localSigner(` ${privateKey.slice(2).toUpperCase()}\n`).address).toBe(address);
  });

  it('that is none is refused without being shown', () => {
    const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
    for (const bad of ['', '0x', 'my-secret-key', `0x${'12'.repeat(31)}`, '00'.repeat(32), order, 'zz'.repeat(32)]) {
      const refused = () => localSigner(bad);
      expect(refused).toThrow(/^A private key must be 64 hex digits/);
      if (bad.length > 4) expect(refused).not.toThrow(bad);
    }
  });
});
