import type { Attempt } from '@facilitator/engine';
import type { Confirmation } from '@facilitator/protocol';
import { newWallet } from '@facilitator/testing';
import { describe, expect, it } from 'vitest';
import { handClock } from '../../tests/clock.ts';
import { toHex } from '../hash/hex.ts';
import type { Rpc, RpcAnswer } from '../rpc/rpc.ts';
import { localSigner } from '../sign/local-signer.ts';
import { signTransaction } from '../sign/transaction.ts';
import { createBlockWatch } from './block-watch.ts';
import { observe } from './observe.ts';
import { parseReceipt, type Receipt } from './receipt.ts';
import { createSuspicions } from './suspicion.ts';

const signer = localSigner(newWallet().privateKey);
const signed = await signTransaction(signer, {
  ...{ chainId: 50, nonce: 4n, to: `0x${'12'.repeat(20)}`, data: '0x', gas: 21_000n },
  fees: { type: 'legacy', gasPrice: 7n },
});
const attempt: Attempt = { ...signed, network: 'eip155:50', signer: signer.address, nonce: 4n, items: [] };
const receipt = {
  transactionHash: signed.hash,
  blockNumber: '0x10',
  blockHash: toHex(new Uint8Array(32)),
  status: '0x1',
  gasUsed: '0x64',
  effectiveGasPrice: '0x3',
  logs: [],
};

type Answers = Readonly<Record<string, unknown>>;

function look(answers: Answers, confirmation: Confirmation = 'included') {
  const clock = handClock();
  const suspicions = createSuspicions(clock, 1_000);
  const asked: string[] = [];
  const rpc: Rpc = {
    ask: async (calls) =>
      calls.map(({ method }): RpcAnswer => {
        asked.push(method);
        return method in answers
          ? { status: 'result', result: answers[method] }
          : { status: 'silent', detail: 'gone', reached: true };
      }),
    close: async () => undefined,
  };
  const options = {
    rpc,
    confirmation,
    blockMs: 1_000,
    suspicions,
    sideOf: () => 'after' as const,
    watch: createBlockWatch({ rpc, signers: [], onBlockTime: () => undefined }),
    onDataFee: () => undefined,
  };
  return { clock, asked, observe: async () => (await observe([attempt], [[]], options))[0] };
}

const RECEIPT = 'eth_getTransactionReceipt';

describe('a receipt', () => {
  it('says what was paid, also on rollups and on old nodes', async () => {
    expect(await look({ [RECEIPT]: receipt }).observe()).toMatchObject({ status: 'included', cost: 300n, final: true });
    expect(await look({ [RECEIPT]: { ...receipt, l1Fee: '0x1f4' } }).observe()).toMatchObject({ cost: 800n });
    const { effectiveGasPrice: _, ...old } = receipt;
    expect(await look({ [RECEIPT]: old }).observe()).toMatchObject({ cost: 700n });
  });

  it.each<[string, unknown]>([
    ['another transaction’s', { ...receipt, transactionHash: toHex(new Uint8Array(32)) }],
    ['one without a block', { ...receipt, blockNumber: null }],
    ['one with a log that cannot be read', { ...receipt, logs: [{ address: 'x' }] }],
    ['no receipt at all', 'hello'],
  ])('that is %s proves nothing', async (_, answer) => {
    expect(await look({ [RECEIPT]: answer }).observe()).toEqual({ status: 'unseen' });
  });
});

describe('a block', () => {
  it('is final from the depth on that the network wants', async () => {
    for (const [head, final] of [
      ['0x10', false],
      ['0x11', false],
      ['0x12', true],
      ['0x99', true],
    ] as const) {
      const { observe: see } = look({ [RECEIPT]: receipt, eth_blockNumber: head }, { blocks: 3 });
      expect(await see()).toMatchObject({ status: 'included', final });
    }
    expect(await look({ [RECEIPT]: receipt }, { blocks: 1 }).observe()).toMatchObject({ final: true });
  });

  it('is final when the chain calls it safe', async () => {
    for (const [number, final] of [
      ['0xf', false],
      ['0x10', true],
    ] as const) {
      const { observe: see } = look({ [RECEIPT]: receipt, eth_getBlockByNumber: { number, timestamp: '0x1' } }, 'safe');
      expect(await see()).toMatchObject({ status: 'included', final });
    }
  });

  it('is not final as long as nobody says so', async () => {
    expect(await look({ [RECEIPT]: receipt }, 'safe').observe()).toMatchObject({ status: 'included', final: false });
    expect(await look({ [RECEIPT]: receipt }, { blocks: 2 }).observe()).toMatchObject({ final: false });
  });
});

describe('a nonce that is used elsewhere', () => {
  const gone = { [RECEIPT]: null, eth_blockNumber: '0x20', eth_getTransactionCount: '0x5' };

  it('is not believed from one head, nor from silence, nor while it is not used', async () => {
    for (const answers of [gone, { ...gone, eth_getTransactionCount: '0x4' }, { eth_getTransactionCount: '0x5' }]) {
      const { clock, observe: see } = look(answers);
      for (let round = 0; round < 6; round += 1) {
        expect(await see()).toEqual({ status: 'unseen' });
        clock.move(2_000);
      }
    }
  });

  it('is believed from two heads, with the count at a block that stays', async () => {
    const answers: Record<string, unknown> = { ...gone };
    const { clock, asked, observe: see } = look(answers, { blocks: 2 });
    await see();
    clock.move(3_000);
    expect(await see()).toEqual({ status: 'unseen' });
    answers['eth_blockNumber'] = '0x21';
    clock.move(1_000);
    expect(await see()).toEqual({ status: 'superseded' });
    expect(asked.slice(-4)).toEqual([RECEIPT, 'eth_blockNumber', 'eth_getTransactionCount', RECEIPT]);
  });

  it('is forgotten when the transaction shows up after all', async () => {
    const answers: Record<string, unknown> = { ...gone };
    const { clock, observe: see } = look(answers);
    await see();
    clock.move(3_000);
    await see();
    answers[RECEIPT] = receipt;
    answers['eth_blockNumber'] = '0x22';
    clock.move(1_000);
    expect(await see()).toMatchObject({ status: 'included' });
  });
});

describe('receipts kept from earlier looks', () => {
  const kept = (hash: string, blockHash: string): [string, Receipt] => {
    const found = parseReceipt({ ...receipt, transactionHash: hash, blockHash });
    if (found === undefined) throw new Error('no receipt');
    return [hash, found];
  };
  const [one, other] = [`0x${'0a'.repeat(32)}`, `0x${'0b'.repeat(32)}`];
  const attempts = [one, other].map((hash) => ({ ...attempt, hash }));

  it.each([
    ['the first', `0x${'f1'.repeat(32)}`],
    ['the second', `0x${'f2'.repeat(32)}`],
  ])('count together or not at all: of two blocks of one height the chain has %s', async (_, onChain) => {
    let trusted = true;
    const found = new Map([kept(one, `0x${'f1'.repeat(32)}`), kept(other, `0x${'f2'.repeat(32)}`)]);
    const header = { number: '0x10', hash: onChain, parentHash: onChain, timestamp: '0x1' };
    const rpc: Rpc = {
      ask: async (calls) => calls.map(() => ({ status: 'result', result: header })),
      close: async () => undefined,
    };
    const sightings = await observe(attempts, [[], []], {
      ...{ rpc, confirmation: { blocks: 2 }, blockMs: 1_000, suspicions: createSuspicions(handClock(), 1_000) },
      ...{ sideOf: () => 'after', onDataFee: () => undefined },
      watch: {
        suits: () => true,
        look: async () => ({ found, unfollowed: [], head: 0x20n }),
        keep: () => undefined,
        distrust() {
          trusted = false;
        },
      },
    });
    expect(sightings.map(({ status }) => status)).toEqual(['unseen', 'unseen']);
    expect(trusted).toBe(false);
  });
});
