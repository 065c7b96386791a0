/** What nodes and providers do to their callers, one fault per name. */
import { setTimeout as sleep } from 'node:timers/promises';
import { deliver, type Exchange, type Interception, type RpcAnswer } from '../rpc-forwarder.ts';
import { asOf, READS } from './as-of.ts';
import type { Fault, Severity } from './fault.ts';

const SEND = ['eth_sendRawTransaction'];
const PASS: Interception = { action: 'pass' };
const REFUSED = -32000;
const PIECES = 10;

/** Names are what tests switch on. A caller sees the fault; whether the node did the work is said where it matters. */
export const FAULTS = {
  // The connection. The node never hears of it.
  'drop-before': { bring: ({ outgoing }) => void outgoing.destroy() },
  'connection-reset': { bring: ({ outgoing }) => void outgoing.socket?.resetAndDestroy() },
  'no-answer': { bring: () => undefined },
  // The node takes the transaction, and the caller does not learn of it.
  'drop-after-accept': { methods: SEND, bring: afterwards(({ outgoing }) => void outgoing.destroy()) },
  'no-answer-after-accept': { methods: SEND, bring: afterwards(() => undefined) },

  // HTTP. The node never hears of it.
  'http-429': { bring: (exchange, { retryAfterSeconds }) => tooMany(exchange, retryAfterSeconds) },
  'http-500': { bring: ({ outgoing }) => page(outgoing, 500, 'Internal Server Error') },
  'http-502': { bring: ({ outgoing }) => page(outgoing, 502, 'Bad Gateway') },
  'batch-refused': {
    batch: true,
    bring: ({ outgoing }) => json(outgoing, 200, refusal(-32600, 'batch not supported')),
  },

  // The body. The node did what was asked.
  'garbled-json': { bring: body((text) => text.replace(/[:,]/g, ';')) },
  'truncated-body': { bring: truncated },
  'oversized-body': { bring: oversized },
  'slow-drip': { bring: slowly },
  'wrong-ids': { bring: answers((all) => all.map((one) => ({ ...one, id: Number(one.id) + 1_000_000 }))) },
  'batch-duplicates': { batch: true, bring: answers((all) => [...all.slice(0, 1), ...all]) },
  'batch-gaps': { batch: true, bring: answers((all) => all.slice(1)) },
  'batch-reordered': { batch: true, bring: answers((all) => all.toReversed()) },

  // The chain, as a node tells of it that is behind, starts anew, or is another's.
  'stale-reads': {
    methods: READS,
    alter: async (call, { head, severity }) => asOf(behind(await head(), severity), call),
  },
  'head-zero': {
    methods: ['eth_blockNumber', 'eth_getBlockByNumber'],
    alter: ({ method, params: [, ...rest] }) =>
      method === 'eth_blockNumber'
        ? { action: 'answer', result: '0x0' }
        : { action: 'rewrite', params: ['0x0', ...rest] },
  },
  'wrong-chain-id': {
    methods: ['eth_chainId', 'net_version'],
    alter: ({ method }) => ({ action: 'answer', result: method === 'eth_chainId' ? '0x539' : '1337' }),
  },
  'late-receipt': {
    methods: ['eth_getTransactionReceipt'],
    alter: ({ params: [hash] }, { askedBefore, severity }) =>
      askedBefore(`receipt of ${hash}`) < severity.lateReceipts ? { action: 'answer', result: null } : PASS,
  },

  // Lies about a transaction.
  /** The node took it just now. */
  'already-known': { methods: SEND, alter: () => onceAccepted('already known') },
  /** The node took it just now. */
  'nonce-too-low-after-accept': { methods: SEND, alter: () => onceAccepted('nonce too low') },
  /** The node never hears of it. */
  'nonce-too-low': { methods: SEND, alter: () => ({ action: 'refuse', code: REFUSED, message: 'nonce too low' }) },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isFaultName);

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

type Outgoing = Exchange['outgoing'];

function json(
  outgoing: Outgoing,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

function page(outgoing: Outgoing, status: number, title: string): void {
  const text = `<html><head><title>${status} ${title}</title></head><body><h1>${title}</h1></body></html>`;
  outgoing.writeHead(status, { 'content-type': 'text/html' }).end(text);
}

function refusal(code: number, message: string) {
  return { jsonrpc: '2.0', id: null, error: { code, message } };
}

function tooMany({ outgoing }: Exchange, seconds: number): void {
  json(outgoing, 429, refusal(-32005, 'rate limit exceeded'), { 'retry-after': `${seconds}` });
}

function afterwards(act: (exchange: Exchange) => void) {
  return async (exchange: Exchange) => {
    await exchange.answer();
    act(exchange);
  };
}

function body(change: (text: string) => string) {
  return ({ answer, outgoing }: Exchange) => deliver({ outgoing, answer: async () => change(await answer()) });
}

function answers(change: (all: readonly RpcAnswer[]) => readonly RpcAnswer[]) {
  return (exchange: Exchange) =>
    body((text) => {
      const parsed: RpcAnswer | readonly RpcAnswer[] = JSON.parse(text);
      const changed = change([parsed].flat());
      return JSON.stringify(exchange.batch ? changed : changed[0]);
    })(exchange);
}

/** Half of what its length says, then the connection breaks. */
async function truncated({ answer, outgoing }: Exchange): Promise<void> {
  const text = await answer();
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  outgoing.write(text.slice(0, text.length / 2), () => outgoing.destroy());
}

/** Valid JSON behind blanks without end, of a length that is not announced. */
async function oversized({ answer, outgoing }: Exchange, { oversizedBytes }: Severity): Promise<void> {
  const text = await answer();
  const blanks = Buffer.alloc(64 * 1024, ' ');
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  for (let sent = 0; sent < oversizedBytes && !outgoing.destroyed; sent += blanks.length) {
    const room = Promise.withResolvers<void>();
    outgoing.write(blanks, () => room.resolve());
    await room.promise;
  }
  outgoing.end(text);
}

async function slowly({ answer, outgoing }: Exchange, { dripMs }: Severity): Promise<void> {
  const text = await answer();
  const size = Math.ceil(text.length / PIECES);
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  for (let at = 0; at < text.length && !outgoing.destroyed; at += size) {
    outgoing.write(text.slice(at, at + size));
    await sleep(dripMs);
  }
  outgoing.end();
}

function behind(head: bigint, { staleBlocks }: Severity): bigint {
  const blocks = BigInt(staleBlocks);
  return head > blocks ? head - blocks : 0n;
}

/** The node's own refusals stay as they are. */
function onceAccepted(message: string): Interception {
  return {
    action: 'rewrite',
    answer: ({ jsonrpc, id, ...answer }) => ({ jsonrpc, id, error: answer.error ?? { code: REFUSED, message } }),
  };
}
