/** The ledger as the engine sees it: through nodes with their weather, and only while its process lives. */
import type { Locator, Payment } from '@facilitator/protocol';
import type { Attempt, Authorization, Broadcast, Chain, Sighting, Whereabouts } from '../src/ports/chain.ts';
import type { FakeLedger } from './fake-ledger.ts';
import { authorizationOf, NETWORK } from './fake-payment.ts';

export const CONFIRMATIONS = 2;
export const REORG_DEPTH = 12;
/** Native units: what a payment may cost, what a transaction does cost, what a signer holds. */
export const CEILING = 50_000n;
export const COST = 21_000n;
export const RICH = 10n ** 18n;

/** The engine's view of the ledger, cut off when its process dies. */
export function fakeChain(ledger: FakeLedger, signers: readonly string[], alive: () => boolean): Chain<Authorization> {
  const hang = () => new Promise<never>(() => {});
  const view = () => Math.max(0, ledger.head.number - ledger.weather.staleBy);
  const final = () => Math.max(0, view() - CONFIRMATIONS);
  const locator = (anchor: string, logIndex: number, batchSize: number): Locator => ({
    logIndex: ledger.muddled ? 0 : logIndex,
    authorizationNonce: anchor,
    batchSize,
  });

  function sight(attempt: Attempt, items: readonly Authorization[]): Sighting {
    if (ledger.weather.deaf || ledger.weather.blind) return { status: 'unseen' };
    const block = ledger.blocks.find(
      (each) => each.number <= view() && each.transactions.some((transaction) => transaction.hash === attempt.hash),
    );
    if (block === undefined)
      return ledger.count(attempt.signer, final()) > attempt.nonce ? { status: 'superseded' } : { status: 'unseen' };
    const moved = ledger.moved(view());
    return {
      status: 'included',
      block: BigInt(block.number),
      blockHash: block.hash,
      made: [...moved.values()].filter(({ hash }) => hash === attempt.hash).length,
      cost: COST,
      final: block.number <= final(),
      proofs: items.map((item) => {
        const at = moved.get(item.anchor);
        return at?.hash === attempt.hash
          ? { status: 'paid', locator: locator(item.anchor, at.index, attempt.items.length) }
          : { status: 'unpaid', reason: 'invalid_exact_evm_transaction_failed', message: 'reverted' };
      }),
    };
  }

  function find(authorization: Authorization): Whereabouts {
    if (ledger.weather.deaf || ledger.weather.blind) return { status: 'unknown' };
    const sure = ledger.moved(final()).get(authorization.anchor);
    if (sure !== undefined)
      return { status: 'paid', transaction: sure.hash, locator: locator(authorization.anchor, sure.index, 1) };
    if (ledger.moved(view()).has(authorization.anchor)) return { status: 'unknown' };
    const time = ledger.blocks.find((block) => block.number === final())?.time ?? 0n;
    return { status: 'unused', expired: time >= authorization.expires };
  }

  return {
    network: NETWORK,
    signers,
    blockMs: 1_000,
    reorgDepth: REORG_DEPTH,
    rhythm: () => undefined,
    open: async () =>
      ledger.weather.deaf ? { status: 'unreachable', reason: 'deaf' } : { status: 'open', notes: [], whole: true },
    decode: (payment: Payment) => ({ status: 'authorization', authorization: authorizationOf(payment) }),
    untimely: (authorization, now) =>
      authorization.expires > now + 6n ? undefined : { status: 'refused', reason: 'payment_expired', message: 'late' },
    stow: (authorization) =>
      JSON.stringify(authorization, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    recall: (stored) =>
      JSON.parse(stored, (key, value: unknown) =>
        (key === 'amount' || key === 'expires') && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value,
      ) as Authorization,
    async verify(batch) {
      if (!alive()) return hang();
      await ledger.hold;
      return batch.map((each) => {
        if (ledger.weather.deaf) return { status: 'unavailable', detail: 'deaf' };
        if (each.nonce.startsWith('strange')) return { status: 'unavailable', detail: 'strange', answered: true };
        if ('signature' in each && !String(each.signature).startsWith('good'))
          return { status: 'refused', reason: 'invalid_exact_evm_signature', message: 'not the payer’s' };
        if (ledger.moved(view()).has(each.anchor))
          return { status: 'refused', reason: 'invalid_exact_evm_nonce_already_used', message: 'used' };
        const wrapped = 'signature' in each && String(each.signature).endsWith(', wrapped');
        return ledger.stopped(each) ?? { status: 'valid', ...(wrapped && { as: { ...each, signature: 'good' } }) };
      });
    },
    async explain() {
      if (!alive()) return hang();
      return ledger.explanation;
    },
    async floor(signer) {
      if (!alive()) return hang();
      await ledger.holdCount();
      if (ledger.weather.deaf || ledger.countless) throw new Error('deaf');
      return ledger.count(signer, view());
    },
    async balances() {
      if (!alive()) return hang();
      ledger.looks += 1;
      if (ledger.weather.deaf) throw new Error('deaf');
      return signers.map((signer) => (ledger.dry.has(signer) ? 0n : RICH));
    },
    ceiling: () => CEILING,
    tooDear: () => ledger.dear,
    capacity: () => ledger.capacity,
    deploys: (authorization) => authorization.nonce.startsWith('deploys'),
    groupable: (authorization) => !authorization.nonce.startsWith('solo'),
    async replace(attempt, items) {
      const { fee, ...rest } = JSON.parse(attempt.bytes) as { fee?: number };
      const anchors = items === 'same' ? {} : { anchors: items.map((item) => item.anchor) };
      const bytes = JSON.stringify({ ...rest, ...anchors, fee: (fee ?? 1) + 1 });
      return { hash: `0x${Buffer.from(bytes).toString('hex')}`, bytes };
    },
    async sign(signer, nonce, items) {
      if (ledger.failing.has(signer)) throw new Error('the key is disabled');
      await ledger.holdKeys;
      const anchors = items.map((item) => item.anchor);
      for (const item of items) if ('signature' in item) ledger.signatures.push(String(item.signature));
      const bytes = JSON.stringify({ signer, nonce: `${nonce}`, anchors });
      return { hash: `0x${Buffer.from(bytes).toString('hex')}`, bytes };
    },
    async broadcast(attempt): Promise<Broadcast> {
      if (!alive()) return hang();
      if (ledger.dry.has(attempt.signer)) return { status: 'refused', detail: 'insufficient funds' };
      if (ledger.weather.refuseBytes) return { status: 'refused', detail: 'pool full' };
      if (ledger.weather.dropBytes) return { status: 'accepted' };
      const { anchors, fee = 1 } = JSON.parse(attempt.bytes) as { anchors: string[]; fee?: number };
      ledger.receive({ hash: attempt.hash, signer: attempt.signer, nonce: attempt.nonce, anchors, fee });
      return ledger.weather.loseAnswers ? { status: 'unknown', detail: 'timeout' } : { status: 'accepted' };
    },
    async observe(attempts, items) {
      if (!alive()) return hang();
      const seen = attempts.map((attempt, index) => sight(attempt, items[index] ?? []));
      await ledger.holdLooks;
      return seen;
    },
    async standing(blocks) {
      if (!alive()) return hang();
      return blocks.map(({ block, blockHash }) => {
        const known = ledger.blocks.find(({ number }) => BigInt(number) === block);
        if (ledger.weather.deaf || known === undefined || known.number > view()) return 'unknown';
        if (known.hash !== blockHash) return 'gone';
        return known.number + REORG_DEPTH <= view() ? 'deep' : 'there';
      });
    },
    async locate(authorization) {
      if (!alive()) return hang();
      ledger.locates += 1;
      await ledger.holdSearch;
      if (ledger.searchMs > 0) await new Promise<void>((found) => ledger.clock.after(ledger.searchMs, found));
      if (ledger.unlocatable.has(authorization.anchor)) return { status: 'unknown' };
      return find(authorization);
    },
  };
}
