/** A signed transaction whose hash is known before any node has seen it. */
import type { Signed, Signer } from '@facilitator/engine';
import { parseTransaction, serializeTransaction, type TransactionSerializable } from 'viem';
import type { Carriage } from '../carry.ts';
import type { Fees } from '../fees/fee-book.ts';
import { type Hex, hexBytes, toBytes, toHex } from '../hash/hex.ts';
import { keccak } from '../hash/keccak.ts';

export type ToSign = Carriage & { readonly chainId: number; readonly nonce: bigint; readonly fees: Fees };

/** Signs by EIP-1559, or by EIP-155 where fees are legacy. Rejects when the signer does. */
export async function signTransaction(signer: Signer, transaction: ToSign): Promise<Signed> {
  const unsigned = serializable(transaction);
  const signature = await signer.sign(keccak(toBytes(serializeTransaction(unsigned))));
  const parity = signature[64];
  if (signature.length !== 65 || (parity !== 0 && parity !== 1)) {
    throw new Error('the signer did not answer with r, s and a parity of 0 or 1 in 65 bytes');
  }
  const bytes: Hex = serializeTransaction(unsigned, {
    r: toHex(signature.subarray(0, 32)),
    s: toHex(signature.subarray(32, 64)),
    yParity: parity,
    v: 27n + BigInt(parity),
  });
  return { hash: toHex(keccak(toBytes(bytes))), bytes };
}

function serializable({ chainId, nonce, to, data, gas, fees }: ToSign): TransactionSerializable {
  return { chainId, nonce: Number(nonce), to, data, gas, value: 0n, ...fees };
}

/** What signed bytes offer. Throws when they are not a transaction of `signTransaction`. */
export function feesOf(bytes: string): Fees {
  const signed = hexBytes(bytes);
  if (signed === undefined) throw new Error('signed bytes are not hex');
  const { maxFeePerGas, maxPriorityFeePerGas = 0n, gasPrice } = parseTransaction(signed);
  if (maxFeePerGas !== undefined) return { type: 'eip1559', maxFeePerGas, maxPriorityFeePerGas };
  if (gasPrice !== undefined) return { type: 'legacy', gasPrice };
  throw new Error('signed bytes offer no fees');
}
