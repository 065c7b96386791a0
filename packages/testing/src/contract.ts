/** Puts contracts at chosen addresses and writes their storage. */
import { type Address, type Hex, keccak256, numberToHex, pad, size, slice, stringToHex } from 'viem';
import type { Anvil } from './anvil.ts';
import { type ContractName, deployedCode } from './artifact.ts';
import { newWallet } from './wallet.ts';

/** What the helpers here need of a chain. */
export type PlaceToPut = Pick<Anvil, 'rpc'>;

/** Where the real Multicall3 lives on nearly every chain. */
export const MULTICALL3_ADDRESS: Address = '0xcA11bde05977b3631167028862bE2a173976CA11';
/** Where the real Permit2 lives. */
export const PERMIT2_ADDRESS: Address = '0x000000000022D473030F116dDEE9F6B43aC78BA3';

/** An address that nobody holds a key of. */
export function someAddress(): Address {
  return newWallet().address;
}

/** Replaces the code at an address. No constructor runs. */
export async function putContract(chain: PlaceToPut, contract: ContractName, address: Address): Promise<void> {
  await chain.rpc('anvil_setCode', [address, deployedCode(contract)]);
}

export async function putMulticall3(chain: PlaceToPut): Promise<void> {
  await putContract(chain, 'Multicall3', MULTICALL3_ADDRESS);
}

export async function putPermit2(chain: PlaceToPut): Promise<void> {
  await putContract(chain, 'Permit2', PERMIT2_ADDRESS);
}

/** Writes one storage word. Visible at once to calls on `latest`. */
export async function setWord(chain: PlaceToPut, contract: Address, slot: Hex, word: Hex): Promise<void> {
  await chain.rpc('anvil_setStorageAt', [contract, pad(slot, { size: 32 }), pad(word, { size: 32 })]);
}

/** Writes a Solidity `string` state variable. */
export async function setText(chain: PlaceToPut, contract: Address, slot: number, text: string): Promise<void> {
  const bytes = stringToHex(text);
  const length = size(bytes);
  const at = pad(numberToHex(slot), { size: 32 });
  if (length < 32) {
    // Short: the bytes from the left, twice the length in the last byte.
    const word = BigInt(pad(bytes, { dir: 'right', size: 32 })) + BigInt(length * 2);
    await setWord(chain, contract, at, numberToHex(word, { size: 32 }));
    return;
  }
  await setWord(chain, contract, at, numberToHex(length * 2 + 1));
  const start = BigInt(keccak256(at));
  for (let offset = 0; offset < length; offset += 32) {
    const chunk = pad(slice(bytes, offset, Math.min(offset + 32, length)), { dir: 'right', size: 32 });
    await setWord(chain, contract, numberToHex(start + BigInt(offset / 32)), chunk);
  }
}
