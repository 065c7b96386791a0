import { describe, expect, it } from 'vitest';
import { handClock } from '../../tests/clock.ts';
import type { Rpc, RpcAnswer } from '../rpc/rpc.ts';
import { bump } from './bump.ts';
import { createFeeBook, type Fees } from './fee-book.ts';

const GWEI = 10n ** 9n;
const hex = (wei: bigint) => `0x${wei.toString(16)}`;
const result = (value: unknown): RpcAnswer => ({ status: 'result', result: value });

/** A node that says what things cost, and remembers what it was asked. */
function node(prices: { base?: bigint; tip?: bigint | 'missing'; gasPrice?: bigint }) {
  const asked: string[] = [];
  const rpc: Rpc = {
    async ask(calls) {
      return calls.map(({ method }): RpcAnswer => {
        asked.push(method);
        if (method === 'eth_getBlockByNumber') return result({ baseFeePerGas: hex(prices.base ?? 0n) });
        if (method === 'eth_gasPrice') return result(hex(prices.gasPrice ?? 0n));
        if (prices.tip === 'missing')
          return { status: 'error', code: -32601, message: 'no such method', data: undefined };
        return prices.tip === undefined
          ? { status: 'silent', detail: 'nothing', reached: true }
          : result(hex(prices.tip));
      });
    },
    close: async () => undefined,
  };
  return { rpc, asked };
}

function book(prices: Parameters<typeof node>[0], type: Fees['type'] = 'eip1559') {
  const clock = handClock();
  const { rpc, asked } = node(prices);
  const ceilings = { maxFeePerGas: 100n * GWEI, maxTipPerGas: 3n * GWEI };
  return { clock, asked, fees: createFeeBook({ rpc, clock, type, blockMs: 2_000, ...ceilings }) };
}

describe('a quote', () => {
  it('is twice the base fee and the tip, asked once for all who wait', async () => {
    const { fees, asked } = book({ base: 10n * GWEI, tip: 2n * GWEI });
    const quotes = await Promise.all([fees.quote(), fees.quote(), fees.quote()]);
    expect(quotes[2]).toEqual({ type: 'eip1559', maxFeePerGas: 22n * GWEI, maxPriorityFeePerGas: 2n * GWEI });
    expect(asked).toEqual(['eth_getBlockByNumber', 'eth_maxPriorityFeePerGas']);
    await fees.quote();
    expect(asked).toHaveLength(2);
  });

  it('costs nothing while calls tell the base fee, and is asked for when they stop', async () => {
    const { fees, asked, clock } = book({ base: 10n * GWEI, tip: GWEI });
    await fees.quote();
    asked.length = 0;
    clock.move(11_000);
    fees.learn(20n * GWEI, 'told');
    clock.move(11_000);
    expect(fees.due()).toEqual([]);
    expect(await fees.quote()).toMatchObject({ maxFeePerGas: 41n * GWEI });
    expect(asked).toEqual([]);
    clock.move(13_000);
    expect(await fees.quote()).toMatchObject({ maxFeePerGas: 21n * GWEI });
    expect(asked).toEqual(['eth_getBlockByNumber']);
  });

  it('is due together with other questions when no call tells the base fee', async () => {
    const { fees, clock } = book({ base: GWEI, tip: GWEI });
    await fees.quote();
    expect(fees.due()).toEqual([]);
    clock.move(13_000);
    expect(fees.due().flatMap(({ calls }) => calls.map(({ method }) => method))).toEqual(['eth_getBlockByNumber']);
    clock.move(60_000);
    expect(fees.due()).toHaveLength(2);
  });

  it('keeps to the ceilings', async () => {
    const { fees } = book({ base: 60n * GWEI, tip: 50n * GWEI });
    expect(await fees.quote()).toEqual({
      type: 'eip1559',
      maxFeePerGas: 100n * GWEI,
      maxPriorityFeePerGas: 3n * GWEI,
    });
    const dear = book({ base: 101n * GWEI, tip: 1n });
    await expect(dear.fees.quote()).rejects.toThrow(/above the ceiling of 100000000000 wei/);
  });

  it('is possible without eth_maxPriorityFeePerGas, and impossible without an answer', async () => {
    const { fees } = book({ base: 10n * GWEI, tip: 'missing' });
    expect(await fees.quote()).toMatchObject({ maxPriorityFeePerGas: GWEI + 1n });
    await expect(book({ base: GWEI }).fees.quote()).rejects.toThrow(/does not say what gas costs/);
  });

  it('is a quarter above the suggestion on legacy networks', async () => {
    const { fees, asked, clock } = book({ gasPrice: 12n * GWEI }, 'legacy');
    expect(await fees.quote()).toEqual({ type: 'legacy', gasPrice: 15n * GWEI });
    expect(asked).toEqual(['eth_gasPrice']);
    clock.move(20_000);
    await fees.quote();
    expect(asked).toHaveLength(2);
  });
});

describe('the most a transaction may offer', () => {
  it('is the ceiling until prices are known, then what would be offered, however old', async () => {
    const { fees, clock } = book({ base: 10n * GWEI, tip: 50n * GWEI });
    expect(fees.cap()).toBe(100n * GWEI);
    fees.learn(10n * GWEI);
    expect(fees.cap()).toBe(23n * GWEI);
    await fees.quote();
    clock.move(3_600_000);
    expect(fees.cap()).toBe(23n * GWEI);
    fees.learn(90n * GWEI);
    expect(fees.cap()).toBe(100n * GWEI);
  });

  it('has no tip on legacy networks', async () => {
    const { fees } = book({ gasPrice: 12n * GWEI }, 'legacy');
    await fees.quote();
    expect(fees.cap()).toBe(15n * GWEI);
  });
});

describe('taking the place of an offer', () => {
  const offer = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Fees => ({
    ...{ type: 'eip1559', maxFeePerGas, maxPriorityFeePerGas },
  });

  it('takes an eighth more of both, or what is needed now', () => {
    expect(bump(offer(80n, 8n), offer(50n, 20n), 1_000n)).toEqual(offer(91n, 20n));
    expect(bump(offer(80n, 8n), offer(200n, 1n), 1_000n)).toEqual(offer(200n, 10n));
    expect(bump(offer(0n, 0n), offer(0n, 0n), 10n)).toEqual(offer(1n, 1n));
    expect(bump({ type: 'legacy', gasPrice: 16n }, { type: 'legacy', gasPrice: 1n }, 19n)).toEqual({
      type: 'legacy',
      gasPrice: 19n,
    });
  });

  it('is not possible above the ceiling, or with another kind', () => {
    expect(bump(offer(80n, 8n), offer(1n, 1n), 90n)).toBeUndefined();
    expect(bump({ type: 'legacy', gasPrice: 80n }, { type: 'legacy', gasPrice: 1n }, 90n)).toBeUndefined();
    expect(bump(offer(80n, 8n), { type: 'legacy', gasPrice: 1n }, 900n)).toBeUndefined();
  });
});
