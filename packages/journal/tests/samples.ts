/** Claims, attempts and endings for tests. */
import type { Attempt, AttemptOutcome, Claim, Conclusion, Item, Journal, Preparation } from '@facilitator/engine';

export const NETWORK = 'eip155:84532';
export const OTHER_NETWORK = 'eip155:1';
export const MAX_UINT256 = 2n ** 256n - 1n;

export function sampleClaim(id: string, more: Partial<Claim> = {}): Claim {
  return {
    id,
    network: NETWORK,
    asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
    payer: '0xPayer',
    payTo: '0xPayee',
    amount: MAX_UINT256,
    expires: MAX_UINT256 - 1n,
    fingerprint: `terms of ${id}`,
    authorization: `{"signature":"of ${id}"}`,
    ...more,
  };
}

export function settledBy(transaction: string, more: { delivered?: boolean; logIndex?: number } = {}): Conclusion {
  const { delivered = false, logIndex = 3 } = more;
  return {
    state: 'settled',
    transaction,
    locator: { logIndex, authorizationNonce: '0xnonce', batchSize: 2 },
    delivered,
  };
}

export function failedBy(transaction: string): Conclusion {
  return { state: 'failed', transaction, reason: 'payment_expired', message: 'Its window closed.' };
}

export const INCLUDED: AttemptOutcome = { status: 'included', block: 77n, cost: 10n ** 24n };
export const SUPERSEDED: AttemptOutcome = { status: 'superseded' };

/** Payments as `sampleClaim` makes them. */
export function itemsOf(ids: readonly string[]): readonly Item[] {
  return ids.map((id) => ({ id, fingerprint: sampleClaim(id).fingerprint }));
}

type Lane = { signer?: string; floor?: bigint; gap?: bigint; network?: `${string}:${string}` };

/** Proposes one transaction named `hash` for `items`. */
export function propose(
  journal: Journal,
  hash: string,
  items: readonly string[],
  lane: Lane = {},
): Promise<Preparation> {
  const key = { network: NETWORK, signer: '0xSigner', floor: 0n, ...lane } as const;
  const sign = async (nonce: bigint) => ({ hash, bytes: `bytes at ${nonce}` });
  return journal.prepare(key, itemsOf(items), sign);
}

/** The attempt of a preparation that is to be one. */
export function attemptOf(preparation: Preparation): Attempt {
  if (preparation.status === 'gone') throw new Error(`gone: ${preparation.ids.join(', ')}`);
  return preparation.attempt;
}

/** Prepares one transaction named `hash` for `items`. */
export async function prepare(
  journal: Journal,
  hash: string,
  items: readonly string[],
  lane: Lane = {},
): Promise<Attempt> {
  return attemptOf(await propose(journal, hash, items, lane));
}

/** Claims every id and prepares all in one transaction. */
export async function preparedWith(journal: Journal, hash: string, items: readonly string[]): Promise<Attempt> {
  await Promise.all(items.map((id) => journal.claim(sampleClaim(id))));
  return prepare(journal, hash, items);
}

/** Competes, and resolves when this journal may prepare for the network. */
export async function write(journal: Journal, network: Lane['network'] = NETWORK): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const resign = await journal.compete(network, { onHeld: () => held.resolve(), onLost() {} });
  await held.promise;
  return resign;
}
