/**
 * What the agents of the first customers send to a facilitator and read from it, each in its own way. Requests are of
 * version 1, with networks by name.
 */
import { signAuthorization, type Wallet } from '@facilitator/testing';
import type { Address, Hex } from 'viem';
import { type Answer, post } from '../stage/ask.ts';

export type Domain = { readonly name: string; readonly version: string };

/** How a signature is spelled: libraries disagree on who adds the prefix, so it comes never, once or twice. */
export type Prefix = '' | '0x' | '0x0x';

export type Purchase = {
  readonly network: string;
  readonly chainId: number;
  readonly token: Address;
  /** The domain signed under. */
  readonly domain: Domain;
  readonly buyer: Wallet;
  readonly payTo: Address;
  /** Atomic units. */
  readonly price: bigint;
  /** Unix seconds: from a minute ago to an hour ahead unless given, which is longer than any seller asks for. */
  readonly window?: { readonly validAfter: bigint; readonly validBefore: bigint };
};

export type SignedPurchase = Purchase & {
  readonly authorization: Readonly<Record<'from' | 'to' | 'value' | 'validAfter' | 'validBefore' | 'nonce', string>>;
  readonly signature: Hex;
};

export async function sign(purchase: Purchase): Promise<SignedPurchase> {
  const { chainId, token, domain, buyer, payTo, price } = purchase;
  const now = BigInt(Math.floor(Date.now() / 1000));
  const window = purchase.window ?? { validAfter: now - 60n, validBefore: now + 3600n };
  const signed = await signAuthorization({
    privateKey: buyer.privateKey,
    chainId,
    token: { address: token, ...domain },
    to: payTo,
    value: price,
    ...window,
  });
  return { ...purchase, ...signed };
}

/** The request that the agents' shared client builds. `prefix`: how it spells the signature. */
export function request(signed: SignedPurchase, prefix: Prefix = '0x', maxTimeoutSeconds = 3600) {
  const { network, token, domain, payTo, price, authorization, signature } = signed;
  return {
    x402Version: 1,
    paymentPayload: {
      x402Version: 1,
      scheme: 'exact',
      network,
      payload: { signature: `${prefix}${signature.slice(2)}`, authorization },
    },
    paymentRequirements: {
      scheme: 'exact',
      network,
      maxAmountRequired: `${price}`,
      resource: 'https://seller.example/logs',
      description: 'chat logs',
      mimeType: 'application/json',
      payTo,
      maxTimeoutSeconds,
      asset: token,
      extra: domain,
    },
  };
}

const CLIENT_LIMIT_MS = 30_000;

function send(url: string, body: unknown, limitMs = CLIENT_LIMIT_MS): Promise<Answer> {
  return post(url, body, AbortSignal.timeout(limitMs));
}

/** The shared client: verifies by `valid`, then settles and takes any 2xx for the answer. Throws as it does. */
export async function buyWithPayment(facilitator: string, body: unknown): Promise<Answer['body']> {
  const verified = await send(`${facilitator}/verify`, body);
  if (verified.status >= 300) throw new Error(`verify answered ${verified.status}`);
  if (verified.body['valid'] !== true) throw new Error(`payment is not valid: ${verified.body['reason']}`);
  const settled = await send(`${facilitator}/settle`, body);
  if (settled.status >= 300) throw new Error(`settle answered ${settled.status}`);
  return settled.body;
}

export type Sale =
  | { readonly sold: true; readonly hash: unknown }
  | { readonly sold: false; readonly reason: unknown; readonly payer: unknown };

/** The first of the names under which sellers look for the hash. */
function hashIn(body: Answer['body'], names: readonly string[]): unknown {
  return names.map((name) => body[name]).find(Boolean) ?? 'pending';
}

/** Sells on `isValid` in the settle answer, and asks for nothing before. */
function sellOnIsValid({ status, body }: Answer, names: readonly string[]): Sale {
  if (status === 200 && body['isValid'] === true) return { sold: true, hash: hashIn(body, names) };
  return { sold: false, reason: body['invalidReason'], payer: body['payer'] };
}

/** `Authorization: x402-v1 …`, as buyers send it to the seller of chat logs. */
export function authorizationHeader({ token, authorization, signature }: SignedPurchase, prefix: Prefix): string {
  const fields = {
    token,
    ...authorization,
    v: Number.parseInt(signature.slice(130), 16),
    r: `${prefix}${signature.slice(2, 66)}`,
    s: `0x${signature.slice(66, 130)}`,
  };
  return `x402-v1 ${Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`;
}

/** The seller of chat logs: reads the header, puts the signature together again and settles. Fuji's GLUE only. */
export async function sellByHeader(facilitator: string, header: string, price: bigint): Promise<Sale> {
  const fields = new Map(
    header
      .split(' ')
      .slice(1)
      .map((pair) => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? ''] as const),
  );
  const field = (name: string) => fields.get(name) ?? '';
  const network = 'avalanche-fuji';
  const v = Number(field('v')).toString(16).padStart(2, '0');
  const [from, to, value] = [field('from'), field('to'), field('value')];
  const [validAfter, validBefore, nonce] = [field('validAfter'), field('validBefore'), field('nonce')];
  const body = {
    x402Version: 1,
    paymentPayload: {
      x402Version: 1,
      scheme: 'exact',
      network,
      payload: {
        signature: `${field('r')}${field('s').slice(2)}${v}`,
        authorization: { from, to, value, validAfter, validBefore, nonce },
      },
    },
    paymentRequirements: {
      scheme: 'exact',
      network,
      maxAmountRequired: `${price}`,
      resource: 'https://logs.example/get_chat_logs',
      description: 'chat logs',
      mimeType: 'application/json',
      // The payer's own word, as this middleware takes it.
      payTo: to,
      maxTimeoutSeconds: 300,
      asset: field('token'),
      extra: { name: 'GLUE Token', version: '1' },
    },
  };
  const answer = await send(`${facilitator}/settle`, body);
  return sellOnIsValid(answer, ['transaction_hash', 'tx_hash', 'transactionHash']);
}

/** Another seller: gets whole requests, waits longer, and looks for the hash in another order. */
export async function sellByRequest(facilitator: string, body: unknown): Promise<Sale> {
  const answer = await send(`${facilitator}/settle`, body, 90_000);
  return sellOnIsValid(answer, ['transactionHash', 'transaction_hash', 'tx_hash']);
}

/** A third, which reads the names of the specification and one of its own for the error. */
export async function sellOnSuccess(facilitator: string, body: unknown): Promise<Sale> {
  const answer = (await send(`${facilitator}/settle`, body, 90_000)).body;
  if (answer['success'] === true) return { sold: true, hash: answer['transaction'] };
  return { sold: false, reason: answer['error_reason'], payer: answer['payer'] };
}
