import { newWallet } from '@facilitator/testing';
import fc from 'fast-check';
import { encodeAbiParameters, keccak256, stringToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { authorize, type EvmAuthorization } from '../authorization.ts';
import { type Hex, lowerAddress } from '../hash/hex.ts';
import { attribute, CANCELED, paymentsIn, type SideOf, USED } from './attribution.ts';
import type { Log, Receipt } from './receipt.ts';

const someone = () => lowerAddress(newWallet().address) ?? '0x';
const word = (address: Hex): Hex => `0x${address.slice(2).padStart(64, '0')}`;
const TRANSFER = keccak256(stringToBytes('Transfer(address,address,uint256)'));
const token = someone();
const [payer, payee] = [someone(), someone()];
let count = 0;

function payment(changed: Partial<EvmAuthorization['transfer']> & { readonly token?: Hex } = {}): EvmAuthorization {
  count += 1;
  const { token: at = token, ...transfer } = changed;
  const nonce: Hex = `0x${count.toString(16).padStart(64, '0')}`;
  return authorize({
    chainId: 1,
    token: at,
    transfer: { from: payer, to: payee, value: 5n, validAfter: 0n, validBefore: 9n, nonce, ...transfer },
    signature: { form: 'wallet', bytes: '0x' },
    domain: { name: '', version: '' },
  });
}

type Event = Omit<Log, 'index'>;
const used = ({ token: address, transfer }: EvmAuthorization): Event => ({
  address,
  topics: [USED, word(transfer.from), transfer.nonce],
  data: '0x',
});
const moved = (
  { token: address, transfer }: EvmAuthorization,
  changed: Partial<EvmAuthorization['transfer']> = {},
): Event => {
  const { from, to, value } = { ...transfer, ...changed };
  return {
    address,
    topics: [TRANSFER, word(from), word(to)],
    data: encodeAbiParameters([{ type: 'uint256' }], [value]),
  };
};

function receipt(events: readonly Event[], succeeded = true): Receipt {
  return {
    ...{ hash: '0x', block: 1n, blockHash: '0x', gasUsed: 21_000n, gasPrice: 1n, l1Fee: 0n, succeeded },
    logs: events.map((event, place) => ({ ...event, index: place + 10 })),
  };
}

const places = (
  events: readonly Event[],
  asked: readonly EvmAuthorization[],
  sideOf: SideOf = () => 'after',
): readonly (number | string)[] =>
  attribute(receipt(events), asked, asked.length, sideOf).map((proof) =>
    proof.status === 'paid' ? proof.locator.logIndex : proof.reason,
  );
const MISMATCH = 'invalid_exact_evm_transfer_event_mismatch';
const FAILED = 'invalid_exact_evm_transaction_failed';

describe('a payment', () => {
  it('is known by the hashes of its events', () => {
    expect(USED).toBe(keccak256(stringToBytes('AuthorizationUsed(address,bytes32)')));
    expect(CANCELED).toBe(keccak256(stringToBytes('AuthorizationCanceled(address,bytes32)')));
  });

  it('is paid when the token marks it and moves exactly its money', () => {
    const one = payment();
    expect(places([used(one), moved(one)], [one])).toEqual([11]);
    // Of a token that marks afterwards, as the registry knows.
    expect(places([moved(one), used(one)], [one], () => 'before')).toEqual([10]);
    // A fee on top, to somebody else, changes nothing.
    expect(places([used(one), moved(one, { to: someone() }), moved(one)], [one])).toEqual([12]);
  });

  it('is not paid by anything less', () => {
    const one = payment();
    expect(places([used(one), moved(one, { value: 4n })], [one])).toEqual([MISMATCH]);
    expect(places([used(one), moved(one, { to: someone() })], [one])).toEqual([MISMATCH]);
    expect(places([used(one), moved(one, { from: someone() })], [one])).toEqual([MISMATCH]);
    expect(places([used(one), { ...moved(one), address: someone() }], [one])).toEqual([MISMATCH]);
    expect(places([moved(one)], [one])).toEqual([FAILED]);
    expect(places([used(payment()), moved(one)], [one])).toEqual([FAILED]);
    expect(places([{ ...used(one), address: someone() }, moved(one)], [one])).toEqual([FAILED]);
    expect(places([], [one])).toEqual([FAILED]);
    // On the wrong side it may be any other's.
    expect(places([moved(one), used(one)], [one])).toEqual([MISMATCH]);
    expect(places([used(one), moved(one)], [one], () => 'before')).toEqual([MISMATCH]);
    const [proof] = attribute(receipt([], false), [one], 1, () => 'after');
    expect(proof).toMatchObject({ status: 'unpaid', reason: FAILED, message: expect.stringContaining('reverted') });
  });
});

describe('payments alike', () => {
  it('each need a transfer of their own', () => {
    const [a, b, c] = [payment(), payment(), payment()];
    expect(places([used(a), moved(a), used(b), moved(b), used(c), moved(c)], [a, b, c])).toEqual([11, 13, 15]);
    const before = [moved(a), used(a), moved(b), used(b), moved(c), used(c)];
    expect(places(before, [a, b, c], () => 'before')).toEqual([10, 12, 14]);
    expect(places([used(a), moved(a), used(b), used(c), moved(c)], [a, b, c])).toEqual([11, MISMATCH, 14]);
    expect(places([used(a), used(b), moved(b)], [a, b])).toEqual([MISMATCH, 12]);
  });

  it('may be asked about in any order, and among strangers', () => {
    const [a, b, stranger] = [payment(), payment(), payment()];
    const events = [used(stranger), moved(stranger), used(a), moved(a), used(b), moved(b)];
    expect(places(events, [b, a])).toEqual([15, 13]);
    expect(paymentsIn(receipt(events))).toBe(3);
  });

  it('of two tokens do not mix', () => {
    const other = someone();
    const [a, b] = [payment(), payment({ token: other })];
    const sideOf: SideOf = (token) => (token === other ? 'before' : 'after');
    expect(places([moved(b), used(b), used(a), moved(a)], [a, b], sideOf)).toEqual([13, 10]);
  });

  it('share no transfer when they are asked about one by one, in a receipt that a stranger composed', () => {
    // The payer used the second one to pay himself: one transfer to the seller lies between the two marks.
    const [a, b] = [payment(), payment()];
    const events = [used(a), moved(a), used(b), moved(b, { to: payer })];
    expect([places(events, [a]), places(events, [b])]).toEqual([[11], [MISMATCH]]);
  });

  it('never share a transfer, whatever the order of events', () => {
    const payments = [payment(), payment(), payment(), payment()];
    const events = payments.flatMap((each) => [used(each), moved(each), moved(each, { to: payer })]);
    const sides = fc.constantFrom('after' as const, 'before' as const);
    const ways = fc.boolean();
    fc.assert(
      fc.property(fc.shuffledSubarray(events), sides, ways, (some, side, together) => {
        const all = together ? [payments] : payments.map((each) => [each]);
        const told = all.flatMap((asked) => places(some, asked, () => side));
        const found = told.filter((place) => typeof place === 'number');
        expect(new Set(found).size).toBe(found.length);
        const marks = some.filter(({ topics }) => topics[0] === USED).length;
        expect(found.length).toBeLessThanOrEqual(Math.min(marks, some.length - marks));
      }),
    );
  });
});
