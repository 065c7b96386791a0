import { newWallet } from '@facilitator/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { handClock } from '../../tests/clock.ts';
import { authorize } from '../authorization.ts';
import { type Hex, lowerAddress } from '../hash/hex.ts';
import type { Rpc, RpcAnswer } from '../rpc/rpc.ts';
import { CANCELED, USED } from './attribution.ts';
import { createMarkSearch } from './mark-search.ts';

const someone = () => lowerAddress(newWallet().address) ?? '0x';
const word = (address: Hex): Hex => `0x${address.slice(2).padStart(64, '0')}`;
const hash = (value: number): Hex => `0x${value.toString(16).padStart(64, '0')}`;
const [token, payer] = [someone(), someone()];
const nonce = hash(7);
const authorization = authorize({
  ...{ chainId: 1, token, signature: { form: 'wallet', bytes: '0x' }, domain: { name: '', version: '' } },
  transfer: { from: payer, to: someone(), value: 5n, validAfter: 0n, validBefore: 9n, nonce },
});

type Log = { readonly block: bigint; readonly log: Readonly<Record<string, unknown>> };
const logAt = (block: bigint, changed: Readonly<Record<string, unknown>> = {}): Log => ({
  block,
  log: { address: token, topics: [USED, word(payer), nonce], transactionHash: hash(Number(block)), ...changed },
});

let clock: ReturnType<typeof handClock>;
beforeEach(() => {
  clock = handClock();
});

/** A provider that answers for up to `most` blocks, and minds the range alone. */
function provider(logs: readonly Log[], most = 10n) {
  const state = { logs, deaf: false, asked: 0, lowest: 2n ** 64n };
  const rpc: Rpc = {
    ask: async (calls) =>
      calls.map(({ params: [sent] }): RpcAnswer => {
        state.asked += 1;
        const filter = sent as { readonly fromBlock: Hex; readonly toBlock: Hex };
        const [from, to] = [BigInt(filter.fromBlock), BigInt(filter.toBlock)];
        if (state.deaf) return { status: 'silent', detail: 'deaf', reached: true };
        if (to - from >= most) return { status: 'error', code: -32005, message: 'too many blocks', data: undefined };
        if (from < state.lowest) state.lowest = from;
        const found = state.logs.filter(({ block }) => from <= block && block <= to);
        return { status: 'result', result: found.map(({ log }) => log) };
      }),
    close: async () => undefined,
  };
  return { state, search: createMarkSearch(rpc, clock) };
}

describe('a search', () => {
  it('goes on where the last one ended, however few blocks a provider allows', async () => {
    const { state, search } = provider([logAt(1_000n)]);
    let looks = 1;
    for (; (await search.find(authorization, 0n, 5_000n + BigInt(looks))) === undefined; looks += 1)
      expect(looks).toBeLessThan(12);
    expect(looks).toBeGreaterThan(5);
    expect(state.lowest).toBeGreaterThan(900n);
    // It is as near the next time, as long as its block is not final.
    state.asked = 0;
    expect(await search.find(authorization, 0n, 5_100n)).toBe(hash(1_000));
    expect(state.asked).toBeLessThan(30);
  });

  it('sees what is new first, and what a reorganisation has put into blocks that were searched', async () => {
    const { state, search } = provider([], 10_000n);
    expect(await search.find(authorization, 0n, 100_000n)).toBeUndefined();
    state.logs = [logAt(99_990n)];
    expect(await search.find(authorization, 0n, 100_001n)).toBe(hash(99_990));
    state.logs = [logAt(100_050n)];
    expect(await search.find(authorization, 0n, 100_100n)).toBe(hash(100_050));
  });

  it('costs little once all is searched, and begins again after a while: the node may have lacked it', async () => {
    const { state, search } = provider([], 10_000n);
    await search.find(authorization, 0n, 100_000n);
    state.logs = [logAt(50_000n)];
    state.asked = 0;
    for (let head = 100_001n; head < 100_011n; head += 1n)
      expect(await search.find(authorization, 0n, head)).toBeUndefined();
    expect(state.asked).toBe(10);
    clock.move(601_000);
    expect(await search.find(authorization, 0n, 100_020n)).toBe(hash(50_000));
  });

  it('leaves no gap when the node stops answering in the middle', async () => {
    const { state, search } = provider([], 10_000n);
    await search.find(authorization, 0n, 20_000n);
    state.deaf = true;
    expect(await search.find(authorization, 0n, 60_000n)).toBeUndefined();
    state.deaf = false;
    state.logs = [logAt(30_000n)];
    expect(await search.find(authorization, 0n, 60_001n)).toBe(hash(30_000));
  });

  it('believes no log but the token’s own, about this payer and this nonce', async () => {
    const foreign = [
      logAt(90n, { address: someone() }),
      logAt(90n, { topics: [CANCELED, word(someone()), nonce] }),
      logAt(90n, { topics: [CANCELED, word(payer), hash(8)] }),
      logAt(90n, { topics: [hash(1), word(payer), nonce] }),
      logAt(90n, { topics: [] }),
      logAt(90n, { removed: true }),
    ];
    const { state, search } = provider(foreign, 10_000n);
    expect(await search.find(authorization, 0n, 100n)).toBeUndefined();
    state.logs = [...foreign, logAt(91n)];
    expect(await search.find(authorization, 0n, 101n)).toBe(hash(91));
  });
});
