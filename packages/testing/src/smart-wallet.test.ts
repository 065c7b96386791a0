import { type Address, encodeFunctionData, type Hex, isErc6492Signature, parseAbi, toHex } from 'viem';
import { signAuthorization as viemSign } from 'viem/accounts';
import { parseErc6492Signature, recoverTypedDataAddress } from 'viem/utils';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { type AuthorizationPayload, signAuthorization } from './authorization.ts';
import { putMulticall3, someAddress } from './contract.ts';
import { hex } from './hex.ts';
import { BASE_SEPOLIA_USDC } from './sandbox-chain.ts';
import {
  counterfactualWallet,
  delegateAccount,
  putFactory,
  putGasBurnerWallet,
  putWallet,
  switchWallet,
  wrap6492,
} from './smart-wallet.ts';
import { minedReceipt, sendTransaction, transferCalldata } from './submission.ts';
import { balanceOf, fund, putToken } from './token.ts';
import { newWallet, type Wallet } from './wallet.ts';

const usdc = BASE_SEPOLIA_USDC;
let anvil: Anvil;
let relayer: Wallet;
let owner: Wallet;
let payee: Address;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  relayer = anvil.accounts[0] ?? newWallet();
  await putToken(anvil, usdc);
  await putMulticall3(anvil);
});
afterAll(() => anvil.stop());
beforeEach(() => {
  owner = newWallet();
  payee = someAddress();
});

async function signFor(from: Address, privateKey: Hex = owner.privateKey): Promise<AuthorizationPayload> {
  await fund(anvil, usdc, from, 1_000n);
  return signAuthorization({ privateKey, chainId: anvil.chainId, token: usdc, from, to: payee, value: 1_000n });
}

async function send(to: Address, data: Hex, gas?: bigint) {
  const hash = await sendTransaction(anvil, {
    privateKey: relayer.privateKey,
    to,
    data,
    ...(gas === undefined ? {} : { gas }),
  });
  return minedReceipt(anvil, hash);
}

const pay = (payload: AuthorizationPayload, overload: 'vrs' | 'bytes', gas?: bigint) =>
  send(usdc.address, transferCalldata(payload, overload), gas);

describe.each(['vrs', 'bytes'] as const)('payers with code, %s', (overload) => {
  test('an ERC-1271 wallet pays with its owner’s signature and with no other', async () => {
    const wallet = await putWallet(anvil, 'Wallet1271', owner.address);
    const forged = await signFor(wallet, newWallet().privateKey);
    expect(await pay(forged, overload)).toMatchObject({ status: 'reverted' });
    expect(await pay(await signFor(wallet), overload)).toMatchObject({ status: 'success' });
    expect(await balanceOf(anvil, usdc, payee)).toBe(1_000n);
  });

  test('an EIP-7702 account pays by ERC-1271', async () => {
    const delegate = await delegateAccount(anvil, owner.address);
    const code = hex(await anvil.rpc('eth_getCode', [owner.address, 'latest']));
    expect(code).toBe(`0xef0100${delegate.slice(2).toLowerCase()}`);
    expect(await pay(await signFor(owner.address), overload)).toMatchObject({ status: 'success' });
    expect(await balanceOf(anvil, usdc, payee)).toBe(1_000n);
  });

  test('a delegate that knows no ERC-1271 makes the account’s own signature worthless', async () => {
    await anvil.rpc('anvil_setCode', [owner.address, `0xef0100${usdc.address.slice(2)}`]);
    expect(await pay(await signFor(owner.address), overload)).toMatchObject({ status: 'reverted' });
  });

  test('a wallet that burns everything costs all the gas that was given', async () => {
    const wallet = await putGasBurnerWallet(anvil, owner.address);
    const { status, gasUsed } = await pay(await signFor(wallet), overload, 500_000n);
    expect(status).toBe('reverted');
    expect(gasUsed).toBeGreaterThan(480_000n);
  });

  test('a wallet that burns a measured amount pays in the end', async () => {
    const wallet = await putGasBurnerWallet(anvil, owner.address, 300_000n);
    const { status, gasUsed } = await pay(await signFor(wallet), overload, 900_000n);
    expect(status).toBe('success');
    expect(gasUsed).toBeGreaterThan(300_000n);
    expect(gasUsed).toBeLessThan(450_000n);
  });

  test('a switched-off wallet refuses what it accepted before', async () => {
    const wallet = await putWallet(anvil, 'SwitchWallet', owner.address);
    const payload = await signFor(wallet);
    const check = () =>
      anvil.rpc('eth_call', [{ to: usdc.address, data: transferCalldata(payload, overload) }, 'latest']);
    await expect(check()).resolves.toBe('0x');
    await switchWallet(anvil, wallet, owner.address, true);
    await expect(check()).rejects.toThrow('FiatTokenV2: invalid signature');
    await switchWallet(anvil, wallet, owner.address, false);
    expect(await pay(payload, overload)).toMatchObject({ status: 'success' });
  });
});

test('the owner of a SwitchWallet can switch it by a transaction, and nobody else', async () => {
  await anvil.setBalance(owner.address, 10n ** 18n);
  const wallet = await putWallet(anvil, 'SwitchWallet', owner.address);
  const data = encodeFunctionData({ abi: parseAbi(['function turn(bool off)']), args: [true] });
  expect(await send(wallet, data)).toMatchObject({ status: 'reverted' });
  const hash = await sendTransaction(anvil, { privateKey: owner.privateKey, to: wallet, data });
  expect(await minedReceipt(anvil, hash)).toMatchObject({ status: 'success' });
  expect(await pay(await signFor(wallet), 'vrs')).toMatchObject({ status: 'reverted' });
});

test('delegation by a real type-4 transaction gives the code that delegateAccount writes', async () => {
  const delegate = await delegateAccount(anvil, owner.address);
  const other = newWallet();
  const authorization = await viemSign({
    privateKey: other.privateKey,
    address: delegate,
    chainId: anvil.chainId,
    nonce: 0,
  });
  const { yParity = 0, r, s } = authorization;
  await anvil.rpc('anvil_impersonateAccount', [relayer.address]);
  const hash = await anvil.rpc('eth_sendTransaction', [
    {
      from: relayer.address,
      to: payee,
      gas: toHex(200_000),
      authorizationList: [
        { chainId: toHex(anvil.chainId), address: delegate, nonce: '0x0', yParity: toHex(yParity), r, s },
      ],
    },
  ]);
  expect(await minedReceipt(anvil, hex(hash))).toMatchObject({ status: 'success' });
  const code = (account: Address) => anvil.rpc('eth_getCode', [account, 'latest']);
  expect(await code(other.address)).toBe(await code(owner.address));
});

describe.each(['WalletFactory', 'ForeignFactory'] as const)('ERC-6492 through a %s', (kind) => {
  const salt = toHex(7, { size: 32 });

  test('the wallet appears where it was computed to be, once, and pays', async () => {
    const factory = await putFactory(anvil, kind);
    const wallet = counterfactualWallet(factory, owner.address, salt);
    expect(await anvil.rpc('eth_getCode', [wallet.address, 'latest'])).toBe('0x');
    const payload = await signFor(wallet.address);
    expect(await pay(payload, 'bytes')).toMatchObject({ status: 'reverted' });
    expect(await send(wallet.factory, wallet.factoryCalldata)).toMatchObject({ status: 'success' });
    expect(await anvil.rpc('eth_getCode', [wallet.address, 'latest'])).not.toBe('0x');
    expect(await send(wallet.factory, wallet.factoryCalldata)).toMatchObject({ status: 'success' });
    expect(await pay(payload, 'bytes')).toMatchObject({ status: 'success' });
    expect(await balanceOf(anvil, usdc, payee)).toBe(1_000n);
  });

  test('deployment and payment pass together in one Multicall3 call', async () => {
    const factory = await putFactory(anvil, kind);
    const wallet = counterfactualWallet(factory, owner.address, salt);
    const payload = await signFor(wallet.address);
    const data = encodeFunctionData({
      abi: parseAbi([
        'function tryAggregate(bool, (address target, bytes callData)[]) payable returns ((bool, bytes)[])',
      ]),
      args: [
        true,
        [
          { target: wallet.factory, callData: wallet.factoryCalldata },
          { target: usdc.address, callData: transferCalldata(payload, 'bytes') },
        ],
      ],
    });
    expect(await send('0xcA11bde05977b3631167028862bE2a173976CA11', data)).toMatchObject({ status: 'success' });
    expect(await balanceOf(anvil, usdc, payee)).toBe(1_000n);
  });

  test('wrap6492 gives what the standard’s parsers take apart', async () => {
    const factory = await putFactory(anvil, kind);
    const { address, factoryCalldata } = counterfactualWallet(factory, owner.address, salt);
    const { signature } = await signFor(address);
    const wrapped = wrap6492(factory, factoryCalldata, signature);
    expect(isErc6492Signature(wrapped)).toBe(true);
    expect(parseErc6492Signature(wrapped)).toEqual({ address: factory, data: factoryCalldata, signature });
  });
});

test('a ForeignFactory counts its transactions', async () => {
  const factory = await putFactory(anvil, 'ForeignFactory');
  const calls = async () => BigInt(hex(await anvil.rpc('eth_getStorageAt', [factory, '0x0', 'latest'])));
  expect(await calls()).toBe(0n);
  await send(factory, counterfactualWallet(factory, owner.address, toHex(1, { size: 32 })).factoryCalldata);
  expect(await calls()).toBe(1n);
});

test('signAuthorization signs with the key, whoever the payer is', async () => {
  const { authorization, signature } = await signFor(someAddress());
  const signer = await recoverTypedDataAddress({
    domain: { name: 'USDC', version: '2', chainId: 84532, verifyingContract: usdc.address },
    types: {
      TransferWithAuthorization: [
        { name: 'from', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'validAfter', type: 'uint256' },
        { name: 'validBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'TransferWithAuthorization',
    message: {
      ...authorization,
      value: BigInt(authorization.value),
      validAfter: BigInt(authorization.validAfter),
      validBefore: BigInt(authorization.validBefore),
    },
    signature,
  });
  expect(signer).toBe(owner.address);
});
