/** Payers that are contracts: ERC-1271 wallets, EIP-7702 accounts, and wallets that ERC-6492 signatures would deploy. */
import {
  type Address,
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  numberToHex,
  parseAbi,
} from 'viem';
import { serializeErc6492Signature } from 'viem/utils';
import { type ContractName, creationCode } from './artifact.ts';
import { type PlaceToPut, putContract, setWord, someAddress } from './contract.ts';

const FACTORY_ABI = parseAbi(['function deploy(address owner, bytes32 salt) returns (address)']);
const EVERYTHING = 2n ** 256n - 1n;
const OFF = 1n << 160n;

/** Puts a wallet contract that accepts its owner's ECDSA signatures. Answers its address. */
export async function putWallet(
  chain: PlaceToPut,
  kind: Extract<ContractName, 'Wallet1271' | 'SwitchWallet'>,
  owner: Address,
  address: Address = someAddress(),
): Promise<Address> {
  await putContract(chain, kind, address);
  await setWord(chain, address, '0x00', owner);
  return address;
}

/** Puts a wallet that wastes `burn` gas on each check before it answers; all it is given unless said otherwise. */
export async function putGasBurnerWallet(
  chain: PlaceToPut,
  owner: Address,
  burn: bigint = EVERYTHING,
  address: Address = someAddress(),
): Promise<Address> {
  await putContract(chain, 'GasBurnerWallet', address);
  await setWord(chain, address, '0x00', owner);
  await setWord(chain, address, '0x01', numberToHex(burn));
  return address;
}

/** Makes a SwitchWallet refuse every signature, or accept its owner's again. */
export async function switchWallet(chain: PlaceToPut, wallet: Address, owner: Address, off: boolean): Promise<void> {
  await setWord(chain, wallet, '0x00', numberToHex(BigInt(owner) + (off ? OFF : 0n)));
}

/** Turns an account into an EIP-7702 account whose own key still signs, now by ERC-1271. Answers the delegate's address. */
export async function delegateAccount(chain: PlaceToPut, account: Address): Promise<Address> {
  const delegate = someAddress();
  await putContract(chain, 'DelegateWallet', delegate);
  await chain.rpc('anvil_setCode', [account, concat(['0xef0100', delegate])]);
  return delegate;
}

/** Puts a wallet factory. Answers its address. */
export async function putFactory(
  chain: PlaceToPut,
  kind: Extract<ContractName, `${string}Factory`> = 'WalletFactory',
  address: Address = someAddress(),
): Promise<Address> {
  await putContract(chain, kind, address);
  return address;
}

/**
 * The code of the deterministic deployment proxy that most chains have: salt and creation code in, CREATE2. It does not look whether
 * something is there already, and then CREATE2 takes nearly all gas.
 */
const BARE_FACTORY =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3';

/** Puts a factory that does nothing but CREATE2. Answers its address. */
export async function putBareFactory(chain: PlaceToPut, address: Address = someAddress()): Promise<Address> {
  await chain.rpc('anvil_setCode', [address, BARE_FACTORY]);
  return address;
}

export type Counterfactual = {
  /** Where the wallet will be. */
  readonly address: Address;
  readonly factory: Address;
  /** What to call the factory with. */
  readonly factoryCalldata: Hex;
};

/** A wallet that does not exist yet: computed, nothing is deployed. */
export function counterfactualWallet(factory: Address, owner: Address, salt: Hex): Counterfactual {
  return {
    address: getContractAddress({ opcode: 'CREATE2', from: factory, salt, bytecode: walletOf(owner) }),
    factory,
    factoryCalldata: encodeFunctionData({ abi: FACTORY_ABI, functionName: 'deploy', args: [owner, salt] }),
  };
}

function walletOf(owner: Address): Hex {
  return concat([creationCode('Wallet1271'), encodeAbiParameters([{ type: 'address' }], [owner])]);
}

/** The same, by a factory that does nothing but CREATE2. */
export function bareCounterfactualWallet(factory: Address, owner: Address, salt: Hex): Counterfactual {
  const bytecode = walletOf(owner);
  return {
    address: getContractAddress({ opcode: 'CREATE2', from: factory, salt, bytecode }),
    factory,
    factoryCalldata: concat([salt, bytecode]),
  };
}

/** An ERC-6492 signature: how to deploy the wallet, and what it would then accept. */
export function wrap6492(factory: Address, factoryCalldata: Hex, inner: Hex): Hex {
  return serializeErc6492Signature({ address: factory, data: factoryCalldata, signature: inner });
}
