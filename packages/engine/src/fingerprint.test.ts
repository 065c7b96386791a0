import { expect, it } from 'vitest';
import { authorizationOf, fakePayment } from '../tests/fake-payment.ts';
import { fingerprint } from './fingerprint.ts';

const of = (payment: ReturnType<typeof fakePayment>, stowed = 'signed') =>
  fingerprint(authorizationOf(payment), payment, stowed);
const base = fakePayment('a', 100n);

it('is the same for an identical retry, in either version and spelling', () => {
  expect(of({ ...base })).toBe(of(base));
  expect(of({ ...base, version: 1, spelling: 'anvil' })).toBe(of(base));
  expect(of({ ...base, terms: { ...base.terms, payTo: base.terms.payTo.toUpperCase() } })).toBe(of(base));
});

it.each([
  ['resource', { ...base, resource: { ...base.resource, url: 'https://shop.example/other' } }],
  ['amount', { ...base, terms: { ...base.terms, amount: 1001n } }],
  ['payee', { ...base, terms: { ...base.terms, payTo: '0xother' } }],
  ['asset', { ...base, terms: { ...base.terms, asset: '0xother' } }],
  ['authorization', { ...base, payload: { ...base.payload, nonce: 'b' } }],
])('differs for another %s', (_, payment) => {
  expect(of(payment)).not.toBe(of(base));
});

it('differs for another signature', () => {
  expect(of(base, 'forged')).not.toBe(of(base));
});
