/** Narrows what JSON hands over to hex strings. */
import { type Hex, isHex } from 'viem';

/** Throws when it is not `0x` and hex digits: then somebody answered what nobody asked for. */
export function hex(value: unknown): Hex {
  if (!isHex(value)) throw new Error(`expected hex, got ${JSON.stringify(value)?.slice(0, 200)}`);
  return value;
}
