import { createNetworks } from '@facilitator/protocol';
import { describe, expect, it } from 'vitest';
import { decimal, priceWords, purchaseWords, stepWords } from './words.ts';

const networks = createNetworks();

describe('decimal', () => {
  it.each([
    [0n, 6, '0'],
    [1n, 6, '0.000001'],
    [10_000n, 6, '0.01'],
    [1_000_000_000n, 6, '1,000'],
    [1_234_567_890_000n, 6, '1,234,567.89'],
    [5n, 0, '5'],
    [9_999_824_008_750_000_000n, 18, '9.99982400875'],
  ])('%d units of %d decimals are %s', (units, decimals, text) => {
    expect(decimal(units, decimals)).toBe(text);
  });
});

describe('priceWords', () => {
  const price = {
    network: 'base-sepolia',
    asset: '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
    amount: '10000',
    payTo: '0x2',
  };

  it('names a known token, in any spelling of its network and address', () => {
    expect(priceWords(price, networks)).toBe('0.01 USDC (10000 units) on Base Sepolia (eip155:84532)');
  });

  it('shows what it does not know as it is', () => {
    expect(priceWords({ ...price, asset: '0x9' }, networks)).toBe('10000 units of 0x9 on Base Sepolia (eip155:84532)');
    expect(priceWords({ ...price, network: 'moon:1' }, networks)).toMatch(/on moon:1$/);
    expect(priceWords({ ...price, amount: 'many' }, networks)).toMatch(/^many units/);
  });
});

describe('steps and ends', () => {
  it('shows no signature in full', () => {
    const payload = {
      signature: `0x${'5e'.repeat(65)}`,
      authorization: { nonce: `0x${'42'.repeat(32)}`, validBefore: '1764003600' },
    };
    const text = stepWords({ step: 'signed', payer: '0x1', payload }, 'http://x', networks).join('\n');
    expect(text).toContain('signature 0x5e5e5e…5e5e, nonce 0x424242…4242, good until 17:00:00 UTC');
  });

  it('survives a payload of another form', () => {
    const words = stepWords({ step: 'signed', payer: '0x1', payload: { transaction: 'AQ==' } }, 'http://x', networks);
    expect(words).toHaveLength(3);
  });

  it('cuts long answers', () => {
    const lines = purchaseWords({ outcome: 'free', status: 200, body: 'x'.repeat(9_999) });
    expect(lines.join('').length).toBeLessThan(600);
  });
});
