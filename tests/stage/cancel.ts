/** Cancels an authorization on chain, as its payer may before it is used. */
import { type Anvil, minedReceipt, sendTransaction, type TokenFixture, type Wallet } from '@facilitator/testing';
import { encodeFunctionData, type Hex, parseAbi } from 'viem';
import { signTypedData } from 'viem/accounts';

const ABI = parseAbi(['function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)']);

const TYPES = {
  CancelAuthorization: [
    { name: 'authorizer', type: 'address' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const;

/** Resolves when it is mined. Anybody may send it; one of the chain's own accounts does. */
export async function cancel(anvil: Anvil, token: TokenFixture, payer: Wallet, nonce: Hex): Promise<void> {
  const { name, version, address: verifyingContract } = token;
  const signature = await signTypedData({
    privateKey: payer.privateKey,
    domain: { name, version, chainId: anvil.chainId, verifyingContract },
    types: TYPES,
    primaryType: 'CancelAuthorization',
    message: { authorizer: payer.address, nonce },
  });
  const args = [payer.address, nonce, signature] as const;
  const data = encodeFunctionData({ abi: ABI, functionName: 'cancelAuthorization', args });
  const [sender] = anvil.accounts;
  if (sender === undefined) throw new Error('the chain has no account to send from');
  const hash = await sendTransaction(anvil, { privateKey: sender.privateKey, to: verifyingContract, data });
  const { status } = await minedReceipt(anvil, hash);
  if (status !== 'success') throw new Error('the authorization was not cancelled');
}
