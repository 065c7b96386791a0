/** Token fixtures at any address, with any EIP-712 domain, and their state. */
import type { EvmToken } from '@facilitator/protocol';
import {
  type Address,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  keccak256,
  numberToHex,
} from 'viem';
import type { ContractName } from './artifact.ts';
import { type PlaceToPut, putContract, setText, setWord } from './contract.ts';
import { hex } from './hex.ts';

/** Which fixture of contracts/ stands at the address. */
export type TokenKind = Extract<ContractName, `${string}Token`>;

export type TokenFixture = {
  readonly kind: TokenKind;
  readonly address: Address;
  /** The EIP-712 domain's name; `name()` answers it too. */
  readonly name: string;
  /** The EIP-712 domain's version; `version()` answers it where the fixture has one. */
  readonly version: string;
  readonly symbol: string;
  readonly decimals: number;
};

// contracts/TokenStorage.sol
const SLOT = {
  paused: 1,
  name: 4,
  symbol: 5,
  decimals: 6,
  balances: 9,
  allowances: 10,
  authorizations: 16,
  version: 18,
};
const PAUSED = 1n << 160n;
const BLOCKED = 1n << 255n;

/** Puts a token fixture in place. Answers what was put. */
export async function putToken(chain: PlaceToPut, token: TokenFixture): Promise<TokenFixture> {
  const { address } = token;
  await Promise.all([
    putContract(chain, token.kind, address),
    setText(chain, address, SLOT.name, token.name),
    setText(chain, address, SLOT.symbol, token.symbol),
    setText(chain, address, SLOT.version, token.version),
    setWord(chain, address, numberToHex(SLOT.decimals), numberToHex(token.decimals)),
  ]);
  return token;
}

/** Puts the fixture that has the shape of a token of the registry, with the token's real address and domain. */
export async function putRegistryToken(chain: PlaceToPut, token: EvmToken): Promise<TokenFixture> {
  const { address, symbol, decimals } = token;
  const domain = token.domain ?? { name: symbol, version: '1' };
  return putToken(chain, { kind: shapeOf(token), address, symbol, decimals, ...domain });
}

function shapeOf(token: EvmToken): TokenKind {
  if (token.symbol === 'PYUSD') return 'PaxosToken';
  return token.transfer.overloads === 'vrs' ? 'GlueToken' : 'FiatToken';
}

type Placed = Pick<TokenFixture, 'address'>;

/** Sets (does not add) a holder's balance, in atomic units. Unblocks the holder. */
export async function fund(chain: PlaceToPut, token: Placed, holder: Address, amount: bigint): Promise<void> {
  await setWord(chain, token.address, entry(SLOT.balances, holder), numberToHex(amount));
}

/** A holder's balance, in atomic units. */
export async function balanceOf(chain: PlaceToPut, token: Placed, holder: Address): Promise<bigint> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [holder] });
  const answer = await chain.rpc('eth_call', [{ to: token.address, data }, 'latest']);
  return decodeFunctionResult({ abi: erc20Abi, functionName: 'balanceOf', data: hex(answer) });
}

/** Puts an account on the blacklist of a fixture that has one, or takes it off. */
export async function setBlocked(chain: PlaceToPut, token: Placed, account: Address, blocked: boolean): Promise<void> {
  const balance = await balanceOf(chain, token, account);
  await setWord(chain, token.address, entry(SLOT.balances, account), numberToHex(balance + (blocked ? BLOCKED : 0n)));
}

/** Pauses a FiatToken fixture, or lets it go on. */
export async function setPaused(chain: PlaceToPut, token: Placed, paused: boolean): Promise<void> {
  await setWord(chain, token.address, numberToHex(SLOT.paused), numberToHex(paused ? PAUSED : 0n));
}

/** Sets what a spender (Permit2, say) may take, in atomic units. */
export async function setAllowance(
  chain: PlaceToPut,
  token: Placed,
  owner: Address,
  spender: Address,
  amount: bigint,
): Promise<void> {
  await setWord(chain, token.address, entryOf(spender, entry(SLOT.allowances, owner)), numberToHex(amount));
}

/** Marks an authorization's nonce as used, without any event. */
export async function setNonceUsed(chain: PlaceToPut, token: Placed, authorizer: Address, nonce: Hex): Promise<void> {
  const states = entry(SLOT.authorizations, authorizer);
  const slot = keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [nonce, states]));
  await setWord(chain, token.address, slot, '0x01');
}

/** Slot of `mapping(address => ...)[key]` for the mapping at `slot`. */
function entry(slot: number, key: Address): Hex {
  return entryOf(key, numberToHex(slot, { size: 32 }));
}

function entryOf(key: Address, slot: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'bytes32' }], [key, slot]));
}
