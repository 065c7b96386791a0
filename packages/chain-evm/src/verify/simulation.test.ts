import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../hash/hex.ts';
import { simulate } from './simulation.ts';

const options = {
  multicall3: `0x${'ca'.repeat(20)}`,
  caller: `0x${'01'.repeat(20)}`,
  baseFee: true,
} as const;
const error = (message: string, code = -32000) => ({ status: 'error', code, message, data: undefined }) as const;

describe('a simulation', () => {
  it.each([
    ['execution reverted', 3],
    ['execution reverted: whatever', -32000],
    ['VM execution error.', -32015],
    ['EVM error InvalidFEOpcode', -32603],
    ['invalid opcode: opcode 0xfe not defined', -32000],
  ])('that ends in "%s" (%d) is the payment’s fault', (message, code) => {
    expect(simulate([], options).read(error(message, code))).toMatchObject({ status: 'failed', outOfGas: false });
  });

  it.each([
    'out of gas',
    'Out of gas: gas required exceeds allowance: 170000',
    'EVM error OutOfGas',
    // anvil
    'intrinsic gas too high -- GasFloorMoreThanGasLimit { gas_floor: 500001, gas_limit: 500000 }',
    // geth, erigon, reth
    'err: intrinsic gas too low: have 500000, want 500001 (supplied gas 500000)',
    'insufficient gas for floor data gas cost: gas 500000, minimum needed 500001',
    // revm
    'call gas cost (500001) exceeds the gas limit (500000)',
    'gas floor (500001) exceeds the gas limit (500000)',
    // nethermind, besu
    'gas limit below intrinsic gas',
    'Intrinsic gas exceeds gas limit',
  ])('that ends in "%s" had too little gas', (message) => {
    expect(simulate([], options).read(error(message))).toMatchObject({ status: 'failed', outOfGas: true });
  });

  it.each([
    'execution aborted (timeout = 5s)',
    'request timed out',
    'header not found',
    'missing trie node',
    'method handler crashed',
  ])('that ends in "%s" is the node’s fault', (message) => {
    expect(simulate([], options).read(error(message))).toMatchObject({ status: 'unavailable' });
  });

  it('that cannot be read proves nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const answer = { status: 'result', result: toHex(bytes) } as const;
        expect(simulate([{ calls: [] }], options).read(answer)).toMatchObject({ status: 'unavailable' });
      }),
    );
  });

  it('says where and when it happens', () => {
    const [transaction, block, state, overrides] = simulate([], { ...options, gas: 255n, time: 16n }).call.params;
    expect(transaction).toMatchObject({ from: options.caller, to: options.multicall3, gas: '0xff' });
    expect([block, state, overrides]).toEqual(['latest', {}, { time: '0x10' }]);
  });
});
