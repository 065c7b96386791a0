/** Reading what nodes answer. Whatever is not of the promised form is undefined, never a guess. */
import { type Hex, hexBytes } from '../hash/hex.ts';
import type { RpcAnswer } from './rpc.ts';

const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/;

export function asQuantity(value: unknown): bigint | undefined {
  return typeof value === 'string' && QUANTITY.test(value) ? BigInt(value) : undefined;
}

/** Bytes in lower-case. */
export function asBytes(value: unknown): Hex | undefined {
  return typeof value === 'string' && value.startsWith('0x') ? hexBytes(value) : undefined;
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

export function quantityIn(answer: RpcAnswer | undefined): bigint | undefined {
  return answer?.status === 'result' ? asQuantity(answer.result) : undefined;
}

export function bytesIn(answer: RpcAnswer | undefined): Hex | undefined {
  return answer?.status === 'result' ? asBytes(answer.result) : undefined;
}

/** Why there is no usable answer, safe to show. */
export function failureOf(answer: RpcAnswer | undefined): string {
  if (answer === undefined) return 'the RPC gave no answer';
  if (answer.status === 'silent') return answer.detail;
  return answer.status === 'error' ? `the RPC answered: ${answer.message}` : 'the RPC answered in an unknown form';
}
