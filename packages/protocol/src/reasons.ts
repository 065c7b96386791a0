/** Every reason code this facilitator can answer. Nothing else may write a wire string. */

type Entry = {
  /** What it means, for documentation and as the default message. */
  readonly meaning: string;
  /** The spelling in v1 answers where the closed v1 list has an equally precise code. */
  readonly v1?: string;
  /** Where the string comes from: the specification's list, @x402/evm's exports, the v1 SDK, or this project. */
  readonly source: 'spec' | 'evm' | 'v1' | 'own';
};

/** Keys are the strings of v2 answers. Same strings as the other SDKs wherever they have one. */
export const REASONS = {
  invalid_x402_version: {
    source: 'spec',
    meaning: 'The x402 version is not 1 or 2, or the two places that state it disagree.',
  },
  invalid_payload: { source: 'spec', meaning: 'The request does not have the form of a payment request.' },
  invalid_payment_requirements: {
    source: 'spec',
    meaning: 'The payment requirements contradict the payment the client accepted.',
  },
  unsupported_scheme: { source: 'spec', meaning: 'The payment scheme is not served on this network.' },
  invalid_scheme: { source: 'spec', meaning: 'Payload and requirements name different schemes.' },
  invalid_network: { source: 'spec', meaning: 'The network is unknown here, or known and not served.' },
  unexpected_verify_error: {
    source: 'spec',
    meaning: 'The payment could not be checked now. Nothing was sent. Try again.',
  },
  unexpected_settle_error: {
    source: 'spec',
    meaning:
      'It could not be decided now whether the payment settles. The message says where nothing was sent. Try again.',
  },
  duplicate_settlement: {
    source: 'v1',
    meaning: 'This payment was already presented and is somebody else’s, or was already delivered.',
  },
  settlement_pending: {
    source: 'evm',
    meaning:
      'The transaction was broadcast and is not confirmed yet. Send the identical request again to learn the result.',
  },
  payment_expired: {
    source: 'v1',
    meaning: 'The authorization expired before it could be settled. It was not paid and never can be.',
  },
  invalid_payment_amount: { source: 'own', meaning: 'The payment is for an amount of 0.' },
  unsupported_payload_type: { source: 'evm', meaning: 'The payload is not an EIP-3009 authorization.' },
  unsupported_asset: { source: 'own', meaning: 'The asset is not one this facilitator serves on this network.' },
  asset_not_deployed_contract: { source: 'evm', meaning: 'There is no contract at the asset address.' },
  invalid_exact_evm_network_mismatch: {
    source: 'evm',
    v1: 'invalid_network',
    meaning: 'Payload and requirements name different networks.',
  },
  invalid_exact_evm_missing_eip712_domain: {
    source: 'evm',
    meaning: 'The token is not in the registry and extra.name or extra.version is missing.',
  },
  invalid_exact_evm_token_name_mismatch: { source: 'evm', meaning: 'extra.name is not the EIP-712 name of the token.' },
  invalid_exact_evm_token_version_mismatch: {
    source: 'evm',
    meaning: 'extra.version is not the EIP-712 version of the token.',
  },
  invalid_exact_evm_recipient_mismatch: {
    source: 'evm',
    v1: 'invalid_exact_evm_payload_recipient_mismatch',
    meaning: 'The authorization pays somebody other than payTo.',
  },
  invalid_exact_evm_payload_authorization_value_mismatch: {
    source: 'evm',
    v1: 'invalid_exact_evm_payload_authorization_value',
    meaning: 'The authorized value is not exactly the required amount.',
  },
  invalid_exact_evm_payload_authorization_valid_before: {
    source: 'evm',
    meaning: 'The authorization has expired or expires too soon to settle.',
  },
  invalid_exact_evm_payload_authorization_valid_after: {
    source: 'evm',
    meaning: 'The authorization is not valid yet.',
  },
  invalid_exact_evm_failed_to_parse_signature: {
    source: 'evm',
    v1: 'invalid_exact_evm_payload_signature',
    meaning: 'The signature is not hex of a usable length and form.',
  },
  invalid_exact_evm_signature: {
    source: 'evm',
    v1: 'invalid_exact_evm_payload_signature',
    meaning: 'The signature is not the payer’s over this authorization.',
  },
  invalid_exact_evm_nonce_already_used: {
    source: 'evm',
    meaning: 'The authorization was already used or cancelled on chain.',
  },
  invalid_exact_evm_insufficient_balance: {
    source: 'evm',
    v1: 'insufficient_funds',
    meaning: 'The payer holds less of the asset than the payment needs.',
  },
  invalid_exact_evm_eip3009_not_supported: {
    source: 'evm',
    meaning: 'The asset has no transferWithAuthorization this payment could use.',
  },
  invalid_exact_evm_transaction_simulation_failed: { source: 'evm', meaning: 'The transfer fails when simulated.' },
  invalid_exact_evm_transfer_event_mismatch: {
    source: 'evm',
    meaning: 'The transfer would not credit payTo with exactly the amount.',
  },
  invalid_exact_evm_transaction_failed: {
    source: 'evm',
    v1: 'invalid_transaction_state',
    meaning: 'The transaction was mined and did not move the payment.',
  },
  invalid_exact_evm_account_blocked: { source: 'own', meaning: 'The token has blocked the payer or the payee.' },
  invalid_exact_evm_asset_paused: { source: 'own', meaning: 'The token is paused.' },
  invalid_exact_evm_gas_ceiling_exceeded: { source: 'own', meaning: 'The transfer needs more gas than is sponsored.' },
  invalid_exact_evm_payload_undeployed_smart_wallet: {
    source: 'v1',
    meaning: 'The payer is a smart wallet that is not deployed and the signature does not say how to deploy it.',
  },
  eip6492_factory_not_allowed: {
    source: 'evm',
    meaning: 'The wallet factory in the signature is not on the allow-list.',
  },
  smart_wallet_deployment_failed: { source: 'evm', meaning: 'Deploying the payer’s wallet fails when simulated.' },
} as const satisfies Record<string, Entry>;

/** A reason code as v2 answers spell it. */
export type Reason = keyof typeof REASONS;

/** The spelling of `reason` in answers of the given version. */
export function wireReason(reason: Reason, version: 1 | 2): string {
  const entry: Entry = REASONS[reason];
  return version === 1 ? (entry.v1 ?? reason) : reason;
}
