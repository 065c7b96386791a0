import fc from 'fast-check';
import { encodeFunctionData, parseAbi, toFunctionSelector } from 'viem';
import { describe, expect, it } from 'vitest';
import type { Hex } from '../hash/hex.ts';
import { addressCall, authorizationStateCall, SELECTORS, transferByKeyCall, transferByWalletCall } from './calls.ts';

const uint = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((raw): Hex => `0x${Buffer.from(raw).toString('hex')}`);
const terms = fc.record({
  from: bytes(20),
  to: bytes(20),
  value: uint,
  validAfter: uint,
  validBefore: uint,
  nonce: bytes(32),
});
const TERMS = 'address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce';

describe('calldata', () => {
  it('begins with the selectors of the signatures', () => {
    for (const [signature, selector] of Object.entries(SELECTORS)) {
      expect(`0x${selector}`, signature).toBe(toFunctionSelector(`function ${signature}`));
    }
  });

  it('is what viem makes, for a key’s signature', () => {
    const abi = parseAbi([`function transferWithAuthorization(${TERMS}, uint8 v, bytes32 r, bytes32 s)`]);
    fc.assert(
      fc.property(terms, bytes(32), bytes(32), fc.constantFrom(27 as const, 28 as const), (wanted, r, s, v) => {
        const { from, to, value, validAfter, validBefore, nonce } = wanted;
        const args = [from, to, value, validAfter, validBefore, nonce, v, r, s] as const;
        expect(transferByKeyCall(wanted, v, r, s)).toBe(encodeFunctionData({ abi, args }));
      }),
    );
  });

  it('is what viem makes, for a contract’s signature', () => {
    const abi = parseAbi([`function transferWithAuthorization(${TERMS}, bytes signature)`]);
    const anyLength = fc.nat(300).chain(bytes);
    fc.assert(
      fc.property(terms, anyLength, (wanted, signature) => {
        const { from, to, value, validAfter, validBefore, nonce } = wanted;
        const args = [from, to, value, validAfter, validBefore, nonce, signature] as const;
        expect(transferByWalletCall(wanted, signature)).toBe(encodeFunctionData({ abi, args }));
      }),
    );
  });

  it('is what viem makes, for readings', () => {
    const abi = parseAbi([
      'function balanceOf(address account) view returns (uint256)',
      'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
    ]);
    fc.assert(
      fc.property(bytes(20), bytes(32), (account, nonce) => {
        expect(addressCall('balanceOf(address)', account)).toBe(
          encodeFunctionData({ abi, functionName: 'balanceOf', args: [account] }),
        );
        expect(authorizationStateCall(account, nonce)).toBe(
          encodeFunctionData({ abi, functionName: 'authorizationState', args: [account, nonce] }),
        );
      }),
    );
  });
});
