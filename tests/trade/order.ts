/** Payments of all kinds: most of them good, some that must be refused, and callers of every temper. */
import {
  BASE_SEPOLIA,
  BASE_SEPOLIA_USDC,
  newWallet,
  paymentRequestV1,
  paymentRequestV2,
  signAuthorization,
  someAddress,
  type Wallet,
} from '@facilitator/testing';
import type { Address, Hex } from 'viem';
import { createLots } from './lots.ts';

/**
 * `plain`     one caller
 * `keyed`     one caller with an idempotency key
 * `learning`  one caller with an idempotency key from the first answer on that did not come
 * `crowd`     three callers at once
 * `family`    three callers at once with one idempotency key
 * `restless`  a caller who hangs up again and again
 * `timid`     a caller who goes for good when told that nothing was sent
 * `fleeting`  it can be settled for a few seconds only
 * `poor`      its payer has no money
 * `forged`    signed by somebody else
 */
const SHARES = {
  plain: 36,
  keyed: 14,
  learning: 6,
  crowd: 10,
  family: 6,
  restless: 10,
  timid: 6,
  fleeting: 6,
  poor: 3,
  forged: 3,
};

export type Kind = keyof typeof SHARES;

export type Order = {
  readonly kind: Kind;
  readonly payer: Address;
  readonly payTo: Address;
  /** Atomic units; no other order has the same, so that a transfer tells whose it is. */
  readonly amount: bigint;
  readonly nonce: Hex;
  /** Unix seconds. */
  readonly validBefore: bigint;
  /** The facilitator's id of it. */
  readonly id: string;
  readonly body: string;
  readonly key: string | undefined;
};

export type OrderBook = {
  readonly payers: readonly Wallet[];
  /** Of a kind by lot unless given. The same index is the same order but for keys and times. */
  order(index: number, kind?: Kind): Promise<Order>;
};

const PAYERS = 60;
const PAYEES = 12;
const LEAST_AMOUNT = 1_000n;
/** Seconds for which a fleeting one is valid: the facilitator wants six of them. */
const FLEETING = { least: 7, most: 14 };
const HOURS = 7_200n;

export function createOrderBook(seed: number): OrderBook {
  const payers = Array.from({ length: PAYERS }, newWallet);
  const payees = Array.from({ length: PAYEES }, someAddress);
  const token = BASE_SEPOLIA_USDC;
  return {
    payers,
    async order(index, wanted) {
      const lots = createLots(`${seed}/order/${index}`);
      const kind = wanted ?? lots.one(kinds());
      const payer = kind === 'poor' ? newWallet() : lots.one(payers);
      const signer = kind === 'forged' ? newWallet() : payer;
      const payTo = lots.one(payees);
      const amount = LEAST_AMOUNT + BigInt(index);
      const seconds = kind === 'fleeting' ? BigInt(Math.round(lots.between(FLEETING.least, FLEETING.most))) : HOURS;
      const validBefore = BigInt(Math.floor(Date.now() / 1_000)) + seconds;
      const payload = await signAuthorization({
        ...{ privateKey: signer.privateKey, from: payer.address, to: payTo, value: amount, validBefore },
        ...{ chainId: BASE_SEPOLIA, token },
      });
      const { nonce } = payload.authorization;
      const extra = { name: token.name, version: token.version };
      const payment = { asset: token.address, payTo, amount, payload, extra };
      const request =
        lots.number() < 0.3
          ? paymentRequestV1({ ...payment, network: 'base-sepolia' })
          : paymentRequestV2({ ...payment, network: `eip155:${BASE_SEPOLIA}` });
      return {
        ...{ kind, payTo, amount, nonce, validBefore },
        payer: payer.address,
        id: `eip155:${BASE_SEPOLIA}:${token.address}:${payer.address}:${nonce}`.toLowerCase(),
        body: JSON.stringify(request),
        key: kind === 'keyed' || kind === 'family' || kind === 'learning' ? `order-${seed}-${index}` : undefined,
      };
    },
  };
}

function kinds(): readonly Kind[] {
  return Object.entries(SHARES).flatMap(([kind, share]) => new Array<Kind>(share).fill(kind as Kind));
}
