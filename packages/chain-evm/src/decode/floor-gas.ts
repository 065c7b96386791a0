/** EIP-7623: what a transaction needs at least for the bytes it carries, whatever they do. */
import { type Hex, toBytes } from '../hash/hex.ts';

const TRANSACTION = 21_000n;
const ZERO_BYTE = 10n;
const OTHER_BYTE = 40n;

/** Gas. A limit below it makes nodes refuse the transaction, and the simulation of it, as if they were not well. */
export function floorGas(data: Hex): bigint {
  const bytes = toBytes(data);
  const zeros = BigInt(bytes.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0));
  return TRANSACTION + zeros * ZERO_BYTE + (BigInt(bytes.length) - zeros) * OTHER_BYTE;
}
