/** From what a look saw to a verdict. Pure. */
import type { Refusal } from '@facilitator/engine';
import type { Reason } from '@facilitator/protocol';
import type { EvmAuthorization } from '../authorization.ts';
import type { Sight } from './look.ts';
import { explainRevert, type Revert } from './reverts.ts';

export type Judgement = { readonly status: 'valid' } | Refusal;

/** `chainTime`: the time of the block that was looked at. */
export function judge(authorization: EvmAuthorization, sight: Sight, chainTime: bigint): Judgement {
  const { asset, payer, payTo, amount, signature } = authorization;
  const refused = (reason: Reason, message: string): Refusal => ({ status: 'refused', reason, message, payer });

  if (!sight.deployed) return refused('asset_not_deployed_contract', `There is no contract at ${asset}.`);
  if (sight.used === undefined) {
    return refused('invalid_exact_evm_eip3009_not_supported', `${asset} has no authorizationState, so no EIP-3009.`);
  }
  // Asked and not inferred: some tokens do not revert on a used nonce, they return and move nothing.
  if (sight.used) {
    const message = 'The authorization was already used or cancelled on chain. Sign a new one with a new nonce.';
    return refused('invalid_exact_evm_nonce_already_used', message);
  }
  if (!sight.transfer.success) return refusedTransfer();
  if (sight.moved === 'exactly') return { status: 'valid' };
  if (!sight.finished) return outOfGas();
  const message =
    sight.moved === 'nothing'
      ? `The token accepts the call and credits nothing to ${payTo}.`
      : `The transfer would not credit ${payTo} with exactly ${amount}: the token takes a fee or changes balances otherwise.`;
  return refused('invalid_exact_evm_transfer_event_mismatch', message);

  function refusedTransfer(): Refusal {
    if (sight.deployment?.success === false) {
      const { words } = explainRevert(sight.deployment.data);
      const message = `The factory does not deploy the wallet ${payer} (${words}), and it cannot pay without it.`;
      return refused('smart_wallet_deployment_failed', message);
    }
    const revert = explainRevert(sight.transfer.data);
    const reason = revert.reason ?? reasonByFacts();
    if (reason !== undefined) {
      const refusal = refused(reason, messageFor(reason, revert));
      // Only a payer without a contract between it and the token can not have put the word into its mouth.
      const isPaused = reason === 'invalid_exact_evm_asset_paused' && signature.form === 'key';
      return isPaused ? { ...refusal, blame: 'asset' } : refusal;
    }
    if (!sight.finished) return outOfGas();
    if (sight.transfer.data === '' && signature.form !== 'key') {
      const message = `${asset} refuses without a reason: most likely it has no transferWithAuthorization for smart wallets.`;
      return refused('invalid_exact_evm_eip3009_not_supported', message);
    }
    return refused(
      'invalid_exact_evm_transaction_simulation_failed',
      `The token refuses the transfer: ${revert.words}.`,
    );
  }

  function outOfGas(): Refusal {
    return refused('invalid_exact_evm_gas_ceiling_exceeded', 'The transfer needs more gas than is sponsored.');
  }

  /** For tokens that refuse without words anybody knows. */
  function reasonByFacts(): Reason | undefined {
    const { validAfter, validBefore } = authorization.transfer;
    if (chainTime >= validBefore) return 'invalid_exact_evm_payload_authorization_valid_before';
    if (chainTime <= validAfter) return 'invalid_exact_evm_payload_authorization_valid_after';
    if (sight.held !== undefined && sight.held < amount) return 'invalid_exact_evm_insufficient_balance';
    return undefined;
  }

  function messageFor(reason: Reason, { words }: Revert): string {
    const { validAfter, validBefore } = authorization.transfer;
    const domain = JSON.stringify(authorization.domain);
    switch (reason) {
      case 'invalid_exact_evm_payload_authorization_valid_before':
        return `The authorization ends at ${validBefore}, and the chain's time is ${chainTime}.`;
      case 'invalid_exact_evm_payload_authorization_valid_after':
        return `The authorization begins after ${validAfter}, and the chain's time is ${chainTime}.`;
      case 'invalid_exact_evm_insufficient_balance':
        return sight.held === undefined
          ? `${payer} holds less than ${amount} of ${asset}.`
          : `${payer} holds ${sight.held} of ${asset}; the payment needs ${amount}.`;
      case 'invalid_exact_evm_signature':
        return signature.form === 'key'
          ? `The token does not accept the signature (${words}). Either its EIP-712 domain is not ${domain}, or the account has code that refuses.`
          : `The contract at ${payer} does not accept the signature (${words}).`;
      case 'invalid_exact_evm_asset_paused':
        return `${asset} is paused by its issuer (${words}).`;
      default:
        return `The token refuses: ${words}.`;
    }
  }
}
