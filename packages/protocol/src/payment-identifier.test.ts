import { describe, expect, it } from 'vitest';
import { paymentIdentifier } from './payment-identifier.ts';

const identified = (info: unknown) => paymentIdentifier({ extensions: { 'payment-identifier': { info } } });

describe('paymentIdentifier', () => {
  it.each([
    ['the shortest', 'a'.repeat(16)],
    ['the longest', 'Z'.repeat(128)],
    ['every kind of character', 'pay_AZaz09-_AZaz09'],
  ])('reads %s', (_, id) => {
    expect(identified({ required: true, id })).toBe(id);
    expect(identified({ id })).toBe(id);
  });

  it.each([
    ['one too short', 'a'.repeat(15)],
    ['one too long', 'a'.repeat(129)],
    ['a line end', `${'a'.repeat(16)}\n`],
    ['another script', 'ａ'.repeat(16)],
  ])('does not take %s', (_, id) => {
    expect(identified({ id })).toBeUndefined();
  });

  it('is undefined without the extension, without an id, and for the names every object has', () => {
    expect(paymentIdentifier({ extensions: {} })).toBeUndefined();
    expect(identified({ required: false })).toBeUndefined();
    expect(paymentIdentifier({ extensions: { 'payment-identifier': null } })).toBeUndefined();
  });
});
