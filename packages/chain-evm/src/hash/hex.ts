/** Hex strings. Inside this package they are lower-case, so that equal values are equal strings. */

export type Hex = `0x${string}`;

const BYTES = /^0x(?:[0-9a-f]{2})*$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

export function toBytes(hex: Hex): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}

/** Number of bytes that `hex` stands for. */
export function size(hex: Hex): number {
  return (hex.length - 2) / 2;
}

/** `text` as lower-case hex of whole bytes; undefined when it is anything else. */
export function hexBytes(text: string): Hex | undefined {
  const hex: Hex = `0x${text.slice(text.startsWith('0x') || text.startsWith('0X') ? 2 : 0).toLowerCase()}`;
  return BYTES.test(hex) ? hex : undefined;
}

/** An address in any capitals, made lower-case; undefined when it is none. */
export function lowerAddress(text: string): Hex | undefined {
  return ADDRESS.test(text) ? `0x${text.slice(2).toLowerCase()}` : undefined;
}
