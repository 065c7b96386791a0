import type { EngineEvent } from '@facilitator/engine';
import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import { createMeter } from './meter.ts';
import { createMetrics } from './metrics.ts';
import { createScrub } from './secrets.ts';

const RPC = 'https://base.example/v2/0123456789abcdefSECRET';
const network = 'eip155:8453';
const transaction = `0x${'ab'.repeat(32)}`;

function meter() {
  const written: string[] = [];
  const metrics = createMetrics({ processMetrics: false });
  const log = createLog('trace', createScrub([RPC]), { write: (line) => written.push(line) });
  return { ...createMeter(log, metrics), metrics, lines: () => written.map((line) => JSON.parse(line)), written };
}

/** One of each kind; a new kind does not compile until it is here. */
const EVENTS: { readonly [T in EngineEvent['type']]: Extract<EngineEvent, { type: T }> } = {
  'network.open': { type: 'network.open', network, notes: ['12 tokens'] },
  'network.closed': { type: 'network.closed', network, reason: 'chain id 1' },
  'network.unreachable': { type: 'network.unreachable', network, reason: 'the RPC did not answer in time' },
  'writer.held': { type: 'writer.held', network },
  'writer.lost': { type: 'writer.lost', network },
  'rpc.silent': { type: 'rpc.silent', network, detail: 'the RPC did not answer in time' },
  'rpc.answers': { type: 'rpc.answers', network, ms: 12_345.6 },
  'signer.dry': { type: 'signer.dry', network, signer: '0xone', balance: 1n, floor: 2n },
  'signer.funded': { type: 'signer.funded', network, signer: '0xone', balance: 3n },
  'signer.failing': { type: 'signer.failing', network, signer: '0xone', detail: 'the key is disabled' },
  'signer.signs': { type: 'signer.signs', network, signer: '0xone' },
  'budget.exhausted': { type: 'budget.exhausted', network, whose: 'caller' },
  'breaker.opened': { type: 'breaker.opened', network, what: 'asset', which: '0xtoken', detail: 'paused' },
  'breaker.closed': { type: 'breaker.closed', network, what: 'asset', which: '0xtoken' },
  'verify.done': { type: 'verify.done', network, payment: 'anchor', outcome: 'invalid_exact_evm_signature' },
  'verify.call': { type: 'verify.call', network, size: 17, ms: 40 },
  'settle.prepared': { type: 'settle.prepared', network, transaction, payments: ['a', 'b'] },
  'settle.replaced': { type: 'settle.replaced', network, transaction, replaced: `0x${'cd'.repeat(32)}` },
  'settle.vanished': { type: 'settle.vanished', network, transaction, block: 7n },
  'settle.restored': { type: 'settle.restored', network, transaction, block: 9n },
  'settle.broadcast': { type: 'settle.broadcast', network, transaction, outcome: 'unknown', detail: 'socket closed' },
  'settle.done': { type: 'settle.done', network, payment: 'anchor', outcome: 'settled', transaction },
  'payment.ended': { type: 'payment.ended', network, payment: 'anchor', outcome: 'payment_expired', transaction: '' },
  'settle.cost': {
    type: 'settle.cost',
    network,
    transaction,
    cost: 123_456_789_012_345_678n,
    share: 61_728_394_506_172_839n,
  },
  recovered: { type: 'recovered', network, payments: 3, released: 1 },
  fault: { type: 'fault', network: 'all', detail: 'nonce 7 was used elsewhere' },
};

describe('createMeter', () => {
  it('logs every kind of event as one JSON line under its own name', () => {
    const here = meter();
    for (const event of Object.values(EVENTS)) here.record(event);
    expect(here.lines().map(({ event }) => event)).toEqual(Object.keys(EVENTS));
    expect(here.lines().map(({ event, level }) => `${event} ${level}`)).toEqual([
      'network.open info',
      'network.closed warn',
      'network.unreachable warn',
      'writer.held info',
      'writer.lost info',
      'rpc.silent warn',
      'rpc.answers info',
      'signer.dry warn',
      'signer.funded info',
      'signer.failing warn',
      'signer.signs info',
      'budget.exhausted warn',
      'breaker.opened warn',
      'breaker.closed info',
      'verify.done debug',
      'verify.call debug',
      'settle.prepared info',
      'settle.replaced info',
      'settle.vanished warn',
      'settle.restored info',
      'settle.broadcast warn',
      'settle.done info',
      'payment.ended info',
      'settle.cost info',
      'recovered info',
      'fault error',
    ]);
    expect(here.lines()).toContainEqual(
      expect.objectContaining({ event: 'settle.cost', cost: '123456789012345678', share: '61728394506172839' }),
    );
  });

  it('counts every kind of event', async () => {
    const here = meter();
    for (const event of Object.values(EVENTS)) here.record(event);
    const text = await here.metrics.registry.metrics();
    expect(text).toContain(
      'facilitator_verifications_total{network="eip155:8453",outcome="invalid_exact_evm_signature"} 1',
    );
    expect(text).toContain('facilitator_verify_call_seconds_sum{network="eip155:8453"} 0.04');
    expect(text).toContain('facilitator_verify_batch_size_sum{network="eip155:8453"} 17');
    expect(text).toContain('facilitator_vanished_transactions_total{network="eip155:8453"} 1');
    expect(text).toContain('facilitator_replacements_total{network="eip155:8453"} 1');
    expect(text).toContain('facilitator_transactions_total{network="eip155:8453"} 1');
    expect(text).toContain('facilitator_transaction_size_sum{network="eip155:8453"} 2');
    expect(text).toContain('facilitator_broadcasts_total{network="eip155:8453",outcome="unknown"} 1');
    expect(text).toContain('facilitator_settlements_total{network="eip155:8453",outcome="settled"} 1');
    expect(text).toContain('facilitator_payments_ended_total{network="eip155:8453",outcome="payment_expired"} 1');
    expect(text).toContain('facilitator_settlement_cost_native_total{network="eip155:8453"} 123456789012345680');
    expect(text).toContain('facilitator_recovered_payments_total{network="eip155:8453"} 3');
    expect(text).toContain('facilitator_faults_total{network="all"} 1');
    expect(text).toContain('facilitator_network_open{network="eip155:8453"} 0');
  });

  it('keeps what a node says out of labels', async () => {
    const here = meter();
    here.record({ ...EVENTS['settle.broadcast'], outcome: `nonce too low for ${transaction}` });
    const text = await here.metrics.registry.metrics();
    expect(text).toContain('outcome="other"');
    expect(text).not.toContain(transaction);
  });

  it('lets no secret and no signature into the log, whoever puts it there', () => {
    const here = meter();
    const signature = `0x${'5e'.repeat(65)}`;
    here.record({ type: 'fault', network, detail: `POST ${RPC} failed for ${signature}` });
    here.record({ ...EVENTS['settle.broadcast'], detail: 'HTTP 401 at /v2/0123456789abcdefSECRET' });
    expect(here.written.join('')).not.toMatch(/SECRET|5e5e5e/);
    expect(here.lines()[0].detail).toBe('POST [redacted] failed for [redacted]');
  });

  it('keeps two servers in one process apart', async () => {
    const [one, two] = [meter(), meter()];
    one.record(EVENTS['fault']);
    expect(await two.metrics.registry.metrics()).not.toContain('facilitator_faults_total{');
  });
});
