import {
  type Address,
  encodeAbiParameters,
  encodeErrorResult,
  encodeFunctionData,
  type Hex,
  hashDomain,
  keccak256,
  parseAbi,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  stringToHex,
} from 'viem';
import { signTypedData } from 'viem/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { randomNonce } from './authorization.ts';
import { tryCall } from './call.ts';
import { PERMIT2_ADDRESS, putPermit2, someAddress } from './contract.ts';
import { BASE_SEPOLIA_USDC as usdc } from './sandbox-chain.ts';
import { putWallet } from './smart-wallet.ts';
import { minedReceipt, sendTransaction } from './submission.ts';
import { balanceOf, fund, putToken, setAllowance } from './token.ts';
import { newWallet, type Wallet } from './wallet.ts';

let anvil: Anvil;
let spender: Wallet;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  spender = anvil.accounts[0] ?? newWallet();
  await Promise.all([putToken(anvil, usdc), putPermit2(anvil)]);
});
afterAll(() => anvil.stop());

const ask = async (data: Hex, from: Address) => (await tryCall(anvil, { to: PERMIT2_ADDRESS, data, from })).data;

const PERMIT = [
  { name: 'permitted', type: 'TokenPermissions' },
  { name: 'spender', type: 'address' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const;
const TOKEN_PERMISSIONS = [
  { name: 'token', type: 'address' },
  { name: 'amount', type: 'uint256' },
] as const;
const abi = parseAbi([
  'struct TokenPermissions { address token; uint256 amount; }',
  'struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }',
  'struct SignatureTransferDetails { address to; uint256 requestedAmount; }',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function nonceBitmap(address, uint256) view returns (uint256)',
  'function invalidateUnorderedNonces(uint256 wordPos, uint256 mask)',
  'function permitTransferFrom(PermitTransferFrom permit, SignatureTransferDetails transferDetails, address owner, bytes signature)',
  'function permitWitnessTransferFrom(PermitTransferFrom permit, SignatureTransferDetails transferDetails, address owner, bytes32 witness, string witnessTypeString, bytes signature)',
  'error InvalidNonce()',
  'error InvalidSigner()',
  'error InvalidContractSignature()',
  'error InvalidSignatureLength()',
  'error InvalidAmount(uint256 maxAmount)',
  'error SignatureExpired(uint256 signatureDeadline)',
]);
const domain = { name: 'Permit2', chainId: 84532, verifyingContract: PERMIT2_ADDRESS };

async function prepare(owner: Address) {
  await Promise.all([fund(anvil, usdc, owner, 1_000n), setAllowance(anvil, usdc, owner, PERMIT2_ADDRESS, 10_000n)]);
}

async function transfer(signer: Wallet, change: { owner?: Address; to: Address; amount?: bigint; deadline?: bigint }) {
  const nonce = BigInt(randomNonce());
  const { deadline = 2n ** 64n, amount = 1_000n, owner = signer.address, to } = change;
  const permitted = { token: usdc.address, amount: 1_000n };
  const signature = await signTypedData({
    privateKey: signer.privateKey,
    domain,
    types: { PermitTransferFrom: PERMIT, TokenPermissions: TOKEN_PERMISSIONS },
    primaryType: 'PermitTransferFrom',
    message: { permitted, spender: spender.address, nonce, deadline },
  });
  const encode = (form: Hex) =>
    encodeFunctionData({
      abi,
      functionName: 'permitTransferFrom',
      args: [{ permitted, nonce, deadline }, { to, requestedAmount: amount }, owner, form],
    });
  return { nonce, signature, encode, data: encode(signature) };
}

async function send(data: Hex) {
  const { privateKey } = spender;
  const hash = await sendTransaction(anvil, { privateKey, to: PERMIT2_ADDRESS, data });
  return (await minedReceipt(anvil, hash)).status;
}

test('has the canonical domain', async () => {
  const data = encodeFunctionData({ abi, functionName: 'DOMAIN_SEPARATOR' });
  expect(await ask(data, spender.address)).toBe(
    hashDomain({
      domain: { ...domain, chainId: 84532n },
      types: {
        EIP712Domain: [
          { name: 'name', type: 'string' },
          { name: 'chainId', type: 'uint256' },
          { name: 'verifyingContract', type: 'address' },
        ],
      },
    }),
  );
});

test('moves once what the owner signed, for the spender that was named', async () => {
  const owner = newWallet();
  await prepare(owner.address);
  const to = someAddress();
  const { data, nonce } = await transfer(owner, { to });
  expect(await ask(data, someAddress())).toBe(encodeErrorResult({ abi, errorName: 'InvalidSigner' }));
  expect(await send(data)).toBe('success');
  expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
  const bitmap = encodeFunctionData({ abi, functionName: 'nonceBitmap', args: [owner.address, nonce >> 8n] });
  expect(BigInt(await ask(bitmap, spender.address))).toBe(1n << (nonce & 255n));
  expect(await ask(data, spender.address)).toBe(encodeErrorResult({ abi, errorName: 'InvalidNonce' }));
});

test('refuses with the canonical errors', async () => {
  const owner = newWallet();
  await prepare(owner.address);
  const to = someAddress();
  const over = await transfer(owner, { to, amount: 1_001n });
  expect(await ask(over.data, spender.address)).toBe(
    encodeErrorResult({ abi, errorName: 'InvalidAmount', args: [1_000n] }),
  );
  const late = await transfer(owner, { to, deadline: 5n });
  expect(await ask(late.data, spender.address)).toBe(
    encodeErrorResult({ abi, errorName: 'SignatureExpired', args: [5n] }),
  );
  const good = await transfer(owner, { to });
  expect(await ask(good.encode('0x1234'), spender.address)).toBe(
    encodeErrorResult({ abi, errorName: 'InvalidSignatureLength' }),
  );
  await setAllowance(anvil, usdc, owner.address, PERMIT2_ADDRESS, 0n);
  expect(await tryCall(anvil, { to: PERMIT2_ADDRESS, data: good.data, from: spender.address })).toMatchObject({
    text: 'TRANSFER_FROM_FAILED',
  });
});

test('takes compact signatures', async () => {
  const owner = newWallet();
  await prepare(owner.address);
  const to = someAddress();
  const { encode, signature } = await transfer(owner, { to });
  const compact = serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
  expect(compact).toHaveLength(2 + 64 * 2);
  expect(await send(encode(compact))).toBe('success');
  expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
});

test('asks owners with code by ERC-1271', async () => {
  const key = newWallet();
  const owner = await putWallet(anvil, 'Wallet1271', key.address);
  await prepare(owner);
  const to = someAddress();
  const forged = await transfer(newWallet(), { owner, to });
  expect(await ask(forged.data, spender.address)).toBe(
    encodeErrorResult({ abi, errorName: 'InvalidContractSignature' }),
  );
  expect(await send((await transfer(key, { owner, to })).data)).toBe('success');
  expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
});

test('binds a witness', async () => {
  const owner = newWallet();
  await prepare(owner.address);
  const to = someAddress();
  const [nonce, deadline, permitted] = [9n, 2n ** 64n, { token: usdc.address, amount: 1_000n }];
  const signature = await signTypedData({
    privateKey: owner.privateKey,
    domain,
    types: {
      PermitWitnessTransferFrom: [...PERMIT, { name: 'witness', type: 'Witness' }],
      TokenPermissions: TOKEN_PERMISSIONS,
      Witness: [{ name: 'to', type: 'address' }],
    },
    primaryType: 'PermitWitnessTransferFrom',
    message: { permitted, spender: spender.address, nonce, deadline, witness: { to } },
  });
  const witness = (target: Address) =>
    keccak256(
      encodeAbiParameters(
        [{ type: 'bytes32' }, { type: 'address' }],
        [keccak256(stringToHex('Witness(address to)')), target],
      ),
    );
  const type = 'Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to)';
  const data = (target: Address) =>
    encodeFunctionData({
      abi,
      functionName: 'permitWitnessTransferFrom',
      args: [
        { permitted, nonce, deadline },
        { to, requestedAmount: 1_000n },
        owner.address,
        witness(target),
        type,
        signature,
      ],
    });
  expect(await ask(data(someAddress()), spender.address)).toBe(encodeErrorResult({ abi, errorName: 'InvalidSigner' }));
  expect(await send(data(to))).toBe('success');
  expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
});

test('lets an owner give nonces up', async () => {
  const { address } = spender;
  const data = encodeFunctionData({ abi, functionName: 'invalidateUnorderedNonces', args: [3n, 5n] });
  expect(await send(data)).toBe('success');
  const bitmap = encodeFunctionData({ abi, functionName: 'nonceBitmap', args: [address, 3n] });
  expect(BigInt(await ask(bitmap, spender.address))).toBe(5n);
});
