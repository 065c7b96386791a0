/** What a caller does about each reason code. Complete by its type: a new code without advice does not compile. */
import type { Reason } from '@facilitator/protocol';

const SIGN_AGAIN = 'The buyer signs a new authorization.';
const MEND_CLIENT = 'Mend the client that built the request.';
const MEND_TERMS = 'The seller mends its requirements; the buyer signs again.';
const OTHER_TERMS = 'The seller offers something that `/supported` and `/networks` list.';
const ISSUER = 'Nothing here can change it: the token’s issuer decides.';

export const ADVICE: Readonly<Record<Reason, string>> = {
  invalid_x402_version: MEND_CLIENT,
  invalid_payload: MEND_CLIENT,
  invalid_payment_requirements: 'The buyer accepts the terms that the seller asks for now, and signs again.',
  unsupported_scheme: OTHER_TERMS,
  invalid_scheme: MEND_CLIENT,
  invalid_network: OTHER_TERMS,
  unexpected_verify_error: 'Send the identical request again after `Retry-After` seconds.',
  unexpected_settle_error: 'Send the identical request again after `Retry-After` seconds.',
  duplicate_settlement:
    'Do not deliver again. If you never got the success, look at `/settlements/{id}` and use an `Idempotency-Key` next time.',
  settlement_pending: 'Do not deliver yet. Send the identical request again.',
  payment_expired: `Do not deliver. ${SIGN_AGAIN}`,
  invalid_payment_amount: 'The seller asks for an amount, or gives it away without a payment.',
  unsupported_payload_type: 'The buyer signs an EIP-3009 authorization.',
  unsupported_asset: OTHER_TERMS,
  asset_not_deployed_contract: MEND_TERMS,
  invalid_exact_evm_network_mismatch: MEND_CLIENT,
  invalid_exact_evm_missing_eip712_domain: MEND_TERMS,
  invalid_exact_evm_token_name_mismatch: MEND_TERMS,
  invalid_exact_evm_token_version_mismatch: MEND_TERMS,
  invalid_exact_evm_recipient_mismatch: 'The buyer signs for `payTo`.',
  invalid_exact_evm_payload_authorization_value_mismatch: 'The buyer signs for exactly the amount.',
  invalid_exact_evm_payload_authorization_valid_before: SIGN_AGAIN,
  invalid_exact_evm_payload_authorization_valid_after:
    'Wait until it is valid, or the buyer sets `validAfter` to 0 and signs again.',
  invalid_exact_evm_failed_to_parse_signature: MEND_CLIENT,
  invalid_exact_evm_signature: 'The message names the domain to sign under. The buyer signs again.',
  invalid_exact_evm_nonce_already_used: 'Do not deliver. The buyer signs again with a new nonce.',
  invalid_exact_evm_insufficient_balance: 'The buyer fills its wallet and signs again.',
  invalid_exact_evm_eip3009_not_supported: OTHER_TERMS,
  invalid_exact_evm_transaction_simulation_failed: 'The message has the token’s words. Look at the payer’s account.',
  invalid_exact_evm_transfer_event_mismatch: OTHER_TERMS,
  invalid_exact_evm_transaction_failed: `Do not deliver. ${SIGN_AGAIN}`,
  invalid_exact_evm_account_blocked: ISSUER,
  invalid_exact_evm_asset_paused: ISSUER,
  invalid_exact_evm_gas_ceiling_exceeded:
    'The buyer pays from another account, or the operator raises `MAX_GAS_<NETWORK>`.',
  invalid_exact_evm_payload_undeployed_smart_wallet:
    'The buyer deploys its wallet, or wraps the signature as ERC-6492.',
  eip6492_factory_not_allowed: 'The buyer deploys its wallet, or the operator adds the factory to `ERC6492_FACTORIES`.',
  smart_wallet_deployment_failed: 'The buyer deploys its wallet first.',
};
