import type { Reason } from '@facilitator/protocol';
import fc from 'fast-check';
import { encodeErrorResult, parseAbi } from 'viem';
import { describe, expect, it } from 'vitest';
import { explainRevert } from './reverts.ts';

const SHAPES = parseAbi([
  'error Error(string)',
  'error Panic(uint256)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error AuthorizationExpired()',
  'error UsedOrCanceledAuthorization()',
  'error AccountIsFrozen(address account)',
  'error ECDSAInvalidSignatureS(bytes32 s)',
  'error EnforcedPause()',
  'error Unheard(uint256 what)',
]);
const said = (text: string) => encodeErrorResult({ abi: SHAPES, errorName: 'Error', args: [text] }).slice(2);

describe('what a token says', () => {
  it.each<[string, Reason | undefined]>([
    // Circle's FiatToken
    ['FiatTokenV2: authorization is used or canceled', 'invalid_exact_evm_nonce_already_used'],
    ['FiatTokenV2: authorization is expired', 'invalid_exact_evm_payload_authorization_valid_before'],
    ['FiatTokenV2: authorization is not yet valid', 'invalid_exact_evm_payload_authorization_valid_after'],
    ['FiatTokenV2: invalid signature', 'invalid_exact_evm_signature'],
    ['ECRecover: invalid signature length', 'invalid_exact_evm_signature'],
    ['ERC20: transfer amount exceeds balance', 'invalid_exact_evm_insufficient_balance'],
    ['Blacklistable: account is blacklisted', 'invalid_exact_evm_account_blocked'],
    ['FiatTokenV2_2: Account is blacklisted', 'invalid_exact_evm_account_blocked'],
    ['Pausable: paused', 'invalid_exact_evm_asset_paused'],
    // GLUE
    ['EIP3009: authorization already used', 'invalid_exact_evm_nonce_already_used'],
    ['EIP3009: authorization not yet valid', 'invalid_exact_evm_payload_authorization_valid_after'],
    ['EIP3009: authorization expired', 'invalid_exact_evm_payload_authorization_valid_before'],
    ['something nobody has heard of', undefined],
  ])('%s', (text, reason) => {
    expect(explainRevert(said(text))).toEqual({ reason, words: JSON.stringify(text) });
  });

  it('may be a custom error', () => {
    const who = '0x0000000000000000000000000000000000000001';
    const balance = encodeErrorResult({ abi: SHAPES, errorName: 'ERC20InsufficientBalance', args: [who, 1n, 2n] });
    const frozen = encodeErrorResult({ abi: SHAPES, errorName: 'AccountIsFrozen', args: [who] });
    expect(explainRevert(balance.slice(2)).reason).toBe('invalid_exact_evm_insufficient_balance');
    expect(explainRevert(frozen.slice(2)).reason).toBe('invalid_exact_evm_account_blocked');
    const expected = {
      AuthorizationExpired: 'invalid_exact_evm_payload_authorization_valid_before',
      UsedOrCanceledAuthorization: 'invalid_exact_evm_nonce_already_used',
      EnforcedPause: 'invalid_exact_evm_asset_paused',
    } as const;
    for (const errorName of ['AuthorizationExpired', 'UsedOrCanceledAuthorization', 'EnforcedPause'] as const) {
      const data = encodeErrorResult({ abi: SHAPES, errorName }).slice(2);
      expect(explainRevert(data)).toEqual({ reason: expected[errorName], words: `${errorName}()` });
    }
  });

  it('may be nothing, a panic, or unheard of', () => {
    expect(explainRevert('')).toEqual({ reason: undefined, words: 'no reason given' });
    const panic = encodeErrorResult({ abi: SHAPES, errorName: 'Panic', args: [17n] }).slice(2);
    expect(explainRevert(panic)).toEqual({ reason: undefined, words: 'panic 17' });
    const unheard = encodeErrorResult({ abi: SHAPES, errorName: 'Unheard', args: [1n] }).slice(2);
    expect(explainRevert(unheard)).toEqual({ reason: undefined, words: `error 0x${unheard.slice(0, 8)}` });
  });

  it('is shown short and in one line, whatever a hostile token says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(explainRevert(said(text)).words.length).toBeLessThan(600);
        expect(explainRevert(said(text)).words).not.toMatch(/[\r\n]/);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(explainRevert(Buffer.from(bytes).toString('hex')).words).not.toBe('');
      }),
    );
  });
});
