import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { ErrorReasons } from 'x402/types';
import { REASONS, type Reason, wireReason } from './reasons.ts';

const require = createRequire(import.meta.url);

/** Codes that `@x402/evm` answers with. It exports none of them, so they are read out of its facilitator. */
function evmReasons(): ReadonlySet<string> {
  const source = readFileSync(require.resolve('@x402/evm/exact/facilitator'), 'utf8');
  const found = source.matchAll(/\bvar Err\w+ = "([a-z0-9_]+)"/g);
  return new Set(Array.from(found, ([, code]) => code ?? ''));
}

/** The code that `@x402/core` acts on. */
function coreReasons(): ReadonlySet<string> {
  const source = readFileSync(require.resolve('@x402/core/server'), 'utf8');
  const found = source.matchAll(/\bvar [A-Z_]+_REASON = "([a-z0-9_]+)"/g);
  return new Set(Array.from(found, ([, code]) => code ?? ''));
}

/** Section 9 of the x402 specification, versions 1 and 2. */
const SPECIFIED = new Set([
  'insufficient_funds',
  'invalid_exact_evm_payload_authorization_valid_after',
  'invalid_exact_evm_payload_authorization_valid_before',
  'invalid_exact_evm_payload_authorization_value',
  'invalid_exact_evm_payload_authorization_value_mismatch',
  'invalid_exact_evm_payload_signature',
  'invalid_exact_evm_payload_recipient_mismatch',
  'invalid_network',
  'invalid_payload',
  'invalid_payment_requirements',
  'invalid_scheme',
  'unsupported_scheme',
  'invalid_x402_version',
  'invalid_transaction_state',
  'unexpected_verify_error',
  'unexpected_settle_error',
]);

const V1_LIST: ReadonlySet<string> = new Set(ErrorReasons);
const ELSEWHERE = { spec: SPECIFIED, evm: evmReasons(), v1: V1_LIST };
const ALL = Object.entries(REASONS) as [Reason, { source: string; meaning: string; v1?: string }][];

describe('reason codes', () => {
  it('the packages still hold the lists that these tests read', () => {
    expect(ELSEWHERE.evm.size).toBeGreaterThan(50);
    expect(coreReasons()).toEqual(new Set(['settlement_pending']));
    expect(V1_LIST.size).toBeGreaterThan(35);
  });

  it.each(['spec', 'evm', 'v1'] as const)('marked %s stand in that list', (source) => {
    const strange = ALL.filter(([code, entry]) => entry.source === source && !ELSEWHERE[source].has(code));
    expect(strange.map(([code]) => code)).toEqual([]);
  });

  it('marked own stand in no list', () => {
    const known = ALL.filter(([code, { source }]) => {
      return source === 'own' && Object.values(ELSEWHERE).some((list) => list.has(code));
    });
    expect(known.map(([code]) => code)).toEqual([]);
  });

  it('include the one that @x402/core acts on', () => {
    for (const code of coreReasons()) expect(Object.keys(REASONS)).toContain(code);
  });

  it('spell v1 out of the closed v1 list, and only where it differs', () => {
    for (const [code, { v1 }] of ALL) {
      if (v1 === undefined) continue;
      expect(V1_LIST).toContain(v1);
      expect(v1).not.toBe(code);
    }
  });

  it('are one word each and mean something', () => {
    for (const [code, { meaning }] of ALL) {
      expect(code).toMatch(/^[a-z0-9_]+$/);
      expect(meaning).toMatch(/^\S.*\.$/s);
    }
    expect(new Set(ALL.map(([, { meaning }]) => meaning)).size).toBe(ALL.length);
  });

  it('are written in the caller’s version', () => {
    expect(wireReason('invalid_exact_evm_signature', 2)).toBe('invalid_exact_evm_signature');
    expect(wireReason('invalid_exact_evm_signature', 1)).toBe('invalid_exact_evm_payload_signature');
    expect(wireReason('duplicate_settlement', 1)).toBe('duplicate_settlement');
  });
});
