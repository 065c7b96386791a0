/** A signed transaction whose hash is known before any node has seen it. */
import { type Input, RLP } from '@ethereumjs/rlp';
import type { Signed, Signer } from '@facilitator/engine';
import type { Carriage } from '../carry.ts';
import type { Fees } from '../fees/fee-book.ts';
import { hexBytes, toBytes, toHex } from '../hash/hex.ts';
import { keccak } from '../hash/keccak.ts';

export type ToSign = Carriage & { readonly chainId: number; readonly nonce: bigint; readonly fees: Fees };

/** The type byte of EIP-1559 transactions. Legacy ones have none: they begin with the list itself. */
const EIP1559 = 2;
const NOTHING = new Uint8Array();

/** Signs by EIP-1559, or by EIP-155 where fees are legacy. Rejects when the signer does. */
export async function signTransaction(signer: Signer, transaction: ToSign): Promise<Signed> {
  const { chainId, fees } = transaction;
  const fields = fieldsOf(transaction);
  const unsigned = fees.type === 'eip1559' ? typed(fields) : RLP.encode([...fields, chainId, NOTHING, NOTHING]);
  const signature = await signer.sign(keccak(unsigned));
  const parity = signature[64];
  if (signature.length !== 65 || (parity !== 0 && parity !== 1)) {
    throw new Error('the signer did not answer with r, s and a parity of 0 or 1 in 65 bytes');
  }
  const r = withoutZeros(signature.subarray(0, 32));
  const s = withoutZeros(signature.subarray(32, 64));
  const bytes =
    fees.type === 'eip1559'
      ? typed([...fields, parity, r, s])
      : RLP.encode([...fields, BigInt(chainId) * 2n + 35n + BigInt(parity), r, s]);
  return { hash: toHex(keccak(bytes)), bytes: toHex(bytes) };
}

/** The fields in the order of their EIP: nothing but gas is ever paid along, and there is no access list. */
function fieldsOf({ chainId, nonce, to, data, gas, fees }: ToSign): readonly Input[] {
  const call = [gas, toBytes(to), 0n, toBytes(data)];
  if (fees.type === 'legacy') return [nonce, fees.gasPrice, ...call];
  return [chainId, nonce, fees.maxPriorityFeePerGas, fees.maxFeePerGas, ...call, []];
}

function typed(fields: readonly Input[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(EIP1559), RLP.encode([...fields])]);
}

/** RLP numbers have no leading zeros. */
function withoutZeros(number: Uint8Array): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0);
  return first === -1 ? NOTHING : number.subarray(first);
}

/** What signed bytes offer. Throws when they are not a transaction of `signTransaction`. */
export function feesOf(bytes: string): Fees {
  const { isLegacy, fields } = fieldsIn(bytes);
  if (isLegacy) return { type: 'legacy', gasPrice: numberOf(fields[1]) };
  return { type: 'eip1559', maxFeePerGas: numberOf(fields[3]), maxPriorityFeePerGas: numberOf(fields[2]) };
}

/** What signed bytes call. Throws when they are not a transaction of `signTransaction`. */
export function callOf(bytes: string): Carriage {
  const { isLegacy, fields } = fieldsIn(bytes);
  const [gas, to, , data] = fields.slice(isLegacy ? 2 : 4);
  if (!(to instanceof Uint8Array) || !(data instanceof Uint8Array)) throw new Error('signed bytes call nothing');
  return { to: toHex(to), data: toHex(data), gas: numberOf(gas) };
}

function fieldsIn(bytes: string): { readonly isLegacy: boolean; readonly fields: readonly unknown[] } {
  const signed = hexBytes(bytes);
  if (signed === undefined) throw new Error('signed bytes are not hex');
  const raw = toBytes(signed);
  const isLegacy = raw[0] !== EIP1559;
  const fields: unknown = RLP.decode(isLegacy ? raw : raw.subarray(1));
  if (!Array.isArray(fields)) throw new Error('signed bytes are no transaction');
  return { isLegacy, fields };
}

function numberOf(field: unknown): bigint {
  if (!(field instanceof Uint8Array)) throw new Error('signed bytes offer no fees');
  return field.length === 0 ? 0n : BigInt(toHex(field));
}
