import type { Payment, Reason } from '@facilitator/protocol';
import { newWallet, signAuthorization, wrap6492 } from '@facilitator/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paymentOf, signedPayment } from '../../tests/payment.ts';
import { decoded, GLUE, registered, USDC } from '../../tests/stage.ts';
import { recall, stow } from '../authorization.ts';
import { checksum } from '../hash/address.ts';
import { toHex } from '../hash/hex.ts';
import { tokenBook } from '../tokens.ts';
import { type DecodeOptions, decode, untimely } from './decode.ts';
import { KNOWN_FACTORIES } from './factories.ts';

const payer = newWallet();
const seller = newWallet();
const options: DecodeOptions = {
  chainId: 84532,
  tokens: tokenBook(84532, registered('base-sepolia').tokens),
  anyAsset: false,
  factories: new Set(KNOWN_FACTORIES.keys()),
  multicall3: `0x${'ca'.repeat(20)}`,
  gas: { key: 150_000n, grouped: 95_000n, wallet: 500_000n, undeployed: 1_000_000n },
};
const wanted = {
  privateKey: payer.privateKey,
  chainId: 84532,
  token: USDC,
  to: seller.address,
  value: 1_000n,
  validBefore: 4_000_000_000n,
};
const payload = await signAuthorization(wanted);
const payment = paymentOf(payload, wanted);
const glue = await signedPayment({ ...wanted, token: GLUE });
const { authorization } = payload;

const withTerms = (terms: Partial<Payment['terms']>, of = payment): Payment => ({
  ...of,
  terms: { ...of.terms, ...terms },
});
const withField = (field: string, value: unknown): Payment => ({
  ...payment,
  payload: { ...payload, authorization: { ...authorization, [field]: value } },
});
const withSignature = (signature: unknown, of = payment): Payment => ({ ...of, payload: { ...of.payload, signature } });

/** The same signature with s mirrored: valid mathematically, and refused by tokens. */
function highS(signature: string): string {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${signature.slice(66, 130)}`);
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${signature.endsWith('1b') ? '1c' : '1b'}`;
}

describe('a good payment', () => {
  it('becomes an authorization', () => {
    expect(decoded(decode(payment, options))).toMatchObject({
      anchor: `eip155:84532:${USDC.address.toLowerCase()}:${payer.address.toLowerCase()}:${authorization.nonce}`,
      network: 'eip155:84532',
      asset: USDC.address,
      payer: payer.address,
      payTo: seller.address,
      amount: 1_000n,
      nonce: authorization.nonce,
      expires: 3_999_999_999n,
      signature: { form: 'key' },
      proven: true,
    });
  });

  it('may spell things in other ways', () => {
    const bare = payload.signature.slice(2);
    const variants: Payment[] = [
      withSignature(bare),
      withSignature(`0x0x${bare}`),
      withSignature(`0X0x0x${bare.toUpperCase()}`),
      withSignature(`0x${bare.slice(0, -2)}${bare.endsWith('1b') ? '00' : '01'}`),
      withField('value', 1_000),
      withField('validBefore', 4_000_000_000),
      withField('validAfter', 0),
      withField('from', payer.address.toLowerCase()),
      withField('nonce', authorization.nonce.slice(2).toUpperCase()),
      withTerms({ asset: USDC.address.toLowerCase(), payTo: seller.address.toUpperCase().replace('X', 'x') }),
      withTerms({ extra: {} }),
      withTerms({ extra: { name: null, version: null, assetTransferMethod: 'eip3009' } }),
    ];
    const expected = decode(payment, options);
    for (const variant of variants) expect(decode(variant, options)).toEqual(expected);
  });

  it('survives being stored', () => {
    const uint = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
    fc.assert(
      fc.property(uint, uint, uint, (value, validAfter, validBefore) => {
        const one = decoded(decode(payment, options));
        const changed = recall(stow({ ...one, transfer: { ...one.transfer, value, validAfter, validBefore } }), 84532);
        expect(recall(stow(changed), 84532)).toEqual(changed);
        expect(changed).toMatchObject({ amount: value, transfer: { value, validAfter, validBefore } });
        expect(changed.expires).toBeLessThan(2n ** 63n);
      }),
    );
    const kept = decoded(decode(payment, options));
    expect(recall(stow(kept), 84532)).toEqual(kept);
  });
});

describe('a bad payment', () => {
  const other = newWallet().address;
  const cases: readonly [string, Payment, Reason, RegExp][] = [
    ['another scheme', withTerms({ scheme: 'upto' }), 'unsupported_scheme', /Expected the scheme "exact", got "upto"/],
    ['Permit2', { ...payment, payload: { permit2Authorization: {} } }, 'unsupported_payload_type', /EIP-3009/],
    [
      'Permit2 by name',
      withTerms({ extra: { assetTransferMethod: 'permit2' } }),
      'unsupported_payload_type',
      /EIP-3009/,
    ],
    [
      'no authorization',
      { ...payment, payload: { signature: '0x' } },
      'invalid_payload',
      /^payload\.authorization is missing/,
    ],
    ['no signature', { ...payment, payload: { authorization } }, 'invalid_payload', /^payload\.signature is missing/],
    ['a number as signature', withSignature(7), 'invalid_payload', /^payload\.signature must be a hex string/],
    ['a bad payer', withField('from', '0x12'), 'invalid_payload', /^payload\.authorization\.from must be an address/],
    [
      'a negative amount',
      withField('value', '-1'),
      'invalid_payload',
      /^payload\.authorization\.value must be a decimal/,
    ],
    ['an unsafe integer', withField('value', 2 ** 60), 'invalid_payload', /send a decimal string/],
    ['a fraction', withField('validAfter', 0.5), 'invalid_payload', /^payload\.authorization\.validAfter/],
    ['too large a number', withField('value', `${2n ** 256n}`), 'invalid_payload', /fits 256 bits/],
    [
      'a short nonce',
      withField('nonce', '0x1234'),
      'invalid_payload',
      /^payload\.authorization\.nonce must be 32 bytes/,
    ],
    ['an unknown asset', withTerms({ asset: other }), 'unsupported_asset', new RegExp(`Served: .*${USDC.address}`)],
    ['no address as asset', withTerms({ asset: 'USDC' }), 'unsupported_asset', /^"USDC" is not served here/],
    [
      'another name',
      withTerms({ extra: { name: 'USD Coin', version: '2' } }),
      'invalid_exact_evm_token_name_mismatch',
      /has name "USDC" and version "2"; extra\.name is "USD Coin"/,
    ],
    [
      'another version',
      withTerms({ extra: { name: 'USDC', version: '1' } }),
      'invalid_exact_evm_token_version_mismatch',
      /extra\.version is "1"/,
    ],
    ['another payee', withTerms({ payTo: other }), 'invalid_exact_evm_recipient_mismatch', new RegExp(other)],
    [
      'too little',
      withTerms({ amount: 1_001n }),
      'invalid_exact_evm_payload_authorization_value_mismatch',
      /is for 1000, the seller asks for exactly 1001/,
    ],
    ['too much', withTerms({ amount: 999n }), 'invalid_exact_evm_payload_authorization_value_mismatch', /exactly 999/],
    ['no hex', withSignature('0xzz'), 'invalid_exact_evm_failed_to_parse_signature', /not hex digits/],
    ['half a byte', withSignature('0x123'), 'invalid_exact_evm_failed_to_parse_signature', /3 hex digits/],
    [
      'a high s',
      withSignature(highS(payload.signature)),
      'invalid_exact_evm_failed_to_parse_signature',
      /upper half of the curve order/,
    ],
    [
      'a short signature, where only keys can sign',
      withSignature(payload.signature.slice(0, -2), glue),
      'invalid_exact_evm_failed_to_parse_signature',
      /has 64 bytes\. Expected 65/,
    ],
    [
      'a long signature, where only keys can sign',
      withSignature(`${payload.signature}00`, glue),
      'invalid_exact_evm_failed_to_parse_signature',
      /has 66 bytes/,
    ],
    [
      'an odd v, where only keys can sign',
      withSignature(`${payload.signature.slice(0, -2)}05`, glue),
      'invalid_exact_evm_failed_to_parse_signature',
      /v = 5/,
    ],
    [
      'another token’s signature, where only keys can sign',
      withSignature(payload.signature, glue),
      'invalid_exact_evm_signature',
      /expected EIP-712 domain is name "Gasless Ultravioleta DAO Extended Token", version "1", chainId 84532, verifyingContract 0xfEe5/,
    ],
    [
      'a foreign factory',
      withSignature(wrap6492(other, '0x1234', payload.signature)),
      'eip6492_factory_not_allowed',
      new RegExp(other),
    ],
    [
      'a wallet, where only keys can sign',
      withSignature(wrap6492(other, '0x1234', payload.signature), glue),
      'invalid_exact_evm_eip3009_not_supported',
      /only takes signatures by keys/,
    ],
    [
      'a broken wrapper',
      withSignature(`0x1234${'6492'.repeat(16)}`),
      'invalid_exact_evm_failed_to_parse_signature',
      /ERC-6492/,
    ],
  ];

  it.each(cases)('%s', (_, bad, reason, message) => {
    const result = decode(bad, options);
    expect(result).toMatchObject({ status: 'refused', reason });
    expect(result.status === 'refused' && result.message).toMatch(message);
  });

  it('never has its signature repeated', () => {
    for (const [, bad] of cases) {
      const result = decode(bad, options);
      expect(result.status === 'refused' && result.message).not.toContain(payload.signature.slice(4, 60));
    }
  });

  it('never makes decoding throw', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('signature', 'authorization', 'x'), fc.jsonValue()), (odd) => {
        expect(decode({ ...payment, payload: odd }, options).status).toBe('refused');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const wrapped = `${toHex(bytes)}${'6492'.repeat(16)}`;
        expect(decode(withSignature(wrapped), options).status).toBe('refused');
      }),
    );
  });
});

describe('a signature that is not by the payer’s key', () => {
  it('is left to the payer’s contract, as it was sent, where the token can ask one', () => {
    for (const signature of ['0x', `${payload.signature.slice(0, -2)}20`, `0x${'12'.repeat(300)}`]) {
      expect(decoded(decode(withSignature(signature), options))).toMatchObject({
        signature: { form: 'wallet', bytes: signature },
        proven: false,
      });
    }
  });

  it('is unwrapped when the wallet has to be deployed first', () => {
    const factory = checksum('0x0ba5ed0c6aa8c49038f819e587e2633c4a9f428a');
    const wrapped = wrap6492(factory, '0x12345678', '0xabcdef');
    expect(decoded(decode(withSignature(wrapped), options)).signature).toEqual({
      form: 'undeployed',
      factory: factory.toLowerCase(),
      deployment: '0x12345678',
      bytes: '0xabcdef',
    });
  });
});

describe('where any asset is taken', () => {
  const any = { ...options, anyAsset: true };
  const token = { address: newWallet().address, name: 'Some Dollar', version: '7' };

  it('the seller has to say its domain', async () => {
    const good = await signedPayment({ ...wanted, token });
    expect(decoded(decode(good, any))).toMatchObject({ asset: token.address, signature: { form: 'key' } });
    expect(decode(withTerms({ extra: { name: 'Some Dollar' } }, good), any)).toMatchObject({
      reason: 'invalid_exact_evm_missing_eip712_domain',
      payer: payer.address,
    });
  });

  it('a known token still has the domain that is known', () => {
    expect(decode(withTerms({ extra: { name: 'USD Coin', version: '2' } }), any)).toMatchObject({
      reason: 'invalid_exact_evm_token_name_mismatch',
    });
  });
});

describe('the window', () => {
  const one = decoded(decode(payment, options));
  const at = (validAfter: bigint, validBefore: bigint) => ({
    ...one,
    transfer: { ...one.transfer, validAfter, validBefore },
  });

  it.each([
    [0n, 1_006n, undefined],
    [1_000n, 1_006n, undefined],
    [0n, 1_005n, 'invalid_exact_evm_payload_authorization_valid_before'],
    [0n, 0n, 'invalid_exact_evm_payload_authorization_valid_before'],
    [1_001n, 2_000n, 'invalid_exact_evm_payload_authorization_valid_after'],
    [0n, 2n ** 256n - 1n, undefined],
  ] as const)('from %s to %s at 1000', (validAfter, validBefore, reason) => {
    const refusal = untimely(at(validAfter, validBefore), 1_000n, 6n);
    expect(refusal?.reason).toBe(reason);
    if (reason !== undefined) expect(refusal).toMatchObject({ payer: payer.address, message: /1000|1006/ });
  });

  it('says whether it is over or only too short', () => {
    expect(untimely(at(0n, 1_000n), 1_000n, 6n)?.message).toMatch(
      /^The authorization ended at 1000, and now it is 1000/,
    );
    expect(untimely(at(0n, 1_001n), 1_000n, 6n)?.message).toMatch(/^The authorization ends at 1001; .* until 1006/);
  });
});
