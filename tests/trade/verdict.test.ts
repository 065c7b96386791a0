/** Whoever judges the answers must itself be able to find fault. */
import { expect, it } from 'vitest';
import type { Exchange, Outcome } from './buyer.ts';
import type { ChainFacts } from './chain-facts.ts';
import type { Kind, Order } from './order.ts';
import { judge } from './verdict.ts';

const HASH = '0xaa';
const PAYER = '0x0000000000000000000000000000000000000001';

function order(kind: Kind, key?: string): Order {
  const parties = { payer: PAYER, payTo: PAYER, nonce: '0x01' } as const;
  return { ...parties, kind, amount: 1n, validBefore: 0n, id: 'id', body: '', key };
}

function exchange(outcome: Outcome, at: number, keyed: boolean): Exchange {
  return { caller: 0, sentAt: at, endedAt: at + 1, keyed, outcome };
}

const settled: Outcome = { status: 'settled', transaction: HASH, payer: PAYER };
const duplicate: Outcome = { status: 'duplicate' };
const unsent: Outcome = { status: 'unavailable', message: 'Nothing was sent.' };
const refused: Outcome = { status: 'refused', reason: 'payment_expired', transaction: '' };

type Scene = {
  readonly kind?: Kind;
  readonly key?: string;
  readonly told: readonly Outcome[];
  /** Transactions that moved the money. */
  readonly moved?: readonly `0x${string}`[];
  readonly state?: string;
};

function verdictOf({ kind = 'plain', key, told, moved = [], state }: Scene) {
  const chain: ChainFacts = {
    ...{ transfers: () => moved, moved: 0n, mined: new Set<string>() },
    ...{ reverted: [], largest: 1, waiting: 0 },
  };
  // Who learns begins without the key.
  const exchanges = told.map((outcome, at) =>
    exchange(outcome, at * 10, key !== undefined && (kind !== 'learning' || at > 0)),
  );
  const record = { id: 'id', state: state ?? '', transaction: HASH, delivered: true };
  return judge({
    purchases: [{ order: order(kind, key), exchanges }],
    chain,
    records: new Map(state === undefined ? [] : [['id', record]]),
    carried: new Map([[HASH, new Set(['id'])]]),
  });
}

const LEARNING = { kind: 'learning', key: 'k' } as const;
const PAID = { moved: [HASH], state: 'settled' } as const;

it.each<[string, Scene]>([
  ['settled, then a duplicate', { ...PAID, told: [settled, duplicate] }],
  ['pending, then settled', { ...PAID, told: [{ status: 'pending', transaction: HASH }, settled] }],
  ['a lost answer, then a duplicate', { ...PAID, told: [{ status: 'lost' }, duplicate] }],
  ['told twice with a key', { ...PAID, key: 'k', told: [settled, settled] }],
  [
    'told twice after a lost answer, with the key',
    { ...PAID, ...LEARNING, told: [{ status: 'lost' }, settled, settled] },
  ],
  ['refused in time', { kind: 'fleeting', told: [refused] }],
  ['gone because nothing was sent', { kind: 'timid', told: [unsent] }],
])('finds no fault: %s', (_, scene) => {
  expect(verdictOf(scene)).toMatchObject({ wrong: [], lost: [], double: [] });
});

it.each<[string, Scene, 'wrong' | 'lost' | 'double']>([
  ['settled, and it was not', { told: [settled], state: 'failed' }, 'wrong'],
  ['settled by another transaction', { ...PAID, moved: ['0xbb'], told: [settled] }, 'wrong'],
  ['told twice without a key', { ...PAID, told: [settled, settled] }, 'wrong'],
  ['told without the key, and again with it', { ...PAID, ...LEARNING, told: [settled, settled] }, 'wrong'],
  ['a duplicate of nothing', { ...PAID, told: [duplicate] }, 'wrong'],
  ['a duplicate in spite of the key', { ...PAID, key: 'k', told: [settled, duplicate] }, 'wrong'],
  [
    'pending in a transaction that never carried it',
    { ...PAID, told: [{ status: 'pending', transaction: '0xcc' }] },
    'wrong',
  ],
  ['refused, and paid', { ...PAID, kind: 'fleeting', told: [refused] }, 'wrong'],
  ['refused without a reason of its own', { told: [refused] }, 'wrong'],
  ['"nothing was sent", and it was paid', { ...PAID, kind: 'timid', told: [unsent] }, 'wrong'],
  ['an answer outside the protocol', { ...PAID, told: [{ status: 'odd', http: 500, text: '' }] }, 'wrong'],
  ['moved twice', { ...PAID, moved: [HASH, '0xbb'], told: [settled] }, 'double'],
  ['paid, and the record does not know', { moved: [HASH], state: 'prepared', told: [settled] }, 'lost'],
  ['not paid, and nobody was told why', { told: [{ status: 'lost' }] }, 'lost'],
  ['left open', { kind: 'fleeting', state: 'prepared', told: [refused] }, 'lost'],
])('finds fault: %s', (_, scene, where) => {
  expect(verdictOf(scene)[where]).toHaveLength(1);
});
