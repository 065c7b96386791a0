/**
 * What nodes say when they are given a transaction, and what that proves. Texts are those of the clients' sources:
 * geth core/txpool/errors.go and core/error.go; reth's error.rs repeats geth's words; erigon txnprovider/txpool/txpoolcfg;
 * nethermind TxPoolErrorMessages.cs, and before it the names in AcceptTxResult.cs; besu RpcErrorType.java; anvil
 * eth/error.rs; nitro's sequencer.
 */

export type Meaning =
  /** The node has it. */
  | 'accepted'
  /** The node did not take it, so nobody got it from there. */
  | 'refused'
  /** Some transaction with this nonce was mined: perhaps this one. */
  | 'unknown';

type Row = { readonly meaning: Meaning; readonly texts: readonly RegExp[] };

/** The first row with a matching text counts: "nonce too low" must not be found behind anything else. */
const TABLE: readonly Row[] = [
  {
    meaning: 'accepted',
    texts: [
      // geth, reth, erigon, nethermind
      /already known/i,
      /^AlreadyKnown/,
      // besu, older geth; "unknown transaction" is another thing
      /\bknown transaction/i,
      // anvil, parity
      /already imported/i,
      // CometBFT, below Sei
      /tx already exists in cache/i,
      // load balancers in front of several nodes
      /transaction already (?:exists|in (?:the )?(?:mem)?pool)/i,
    ],
  },
  {
    meaning: 'unknown',
    texts: [
      /nonce (?:is )?too low/i,
      // nethermind
      /^OldNonce/,
      // nitro, where it may be too high as well
      /invalid transaction nonce/i,
      /^invalid nonce/i,
    ],
  },
  {
    meaning: 'refused',
    texts: [
      // The signer's purse: geth, reth, erigon, nethermind; besu; anvil; nitro
      /insufficient (?:funds|balance)/i,
      /^InsufficientFunds/,
      /upfront cost exceeds account balance/i,
      /not enough funds/i,
      // The offer
      /underpriced/i,
      /^(?:FeeTooLow|FeeTooLowToCompete|ReplacementNotAllowed)\b/,
      /fee per gas (?:less|lower) than (?:the )?block base fee/i,
      /max fee per gas less than/i,
      /max priority fee per gas higher than max fee per gas/i,
      /gas price (?:too low|below|is (?:too low|less))/i,
      /transaction fee cap exceeded|exceeds the configured cap/i,
      /max priority fee per gas exceeds max fee per gas|gas price below current base fee|per gas higher than 2\^256/i,
      // The gas limit
      /intrinsic gas|insufficient gas for floor data|gas uint64 overflow/i,
      /exceeds block gas limit|gas limit (?:is )?(?:greater|higher) than|gas limit reached|exceeds the gas limit/i,
      /^GasLimitExceeded/,
      // EIP-7825 too
      /transaction gas limit/i,
      // The pool
      /(?:tx|mem)?pool is full|transaction pool not enabled|queue full|pending tx pool full|pool overflow/i,
      /future transaction tries to replace pending|address already reserved/i,
      /account limit exceeded|in-flight transaction limit|too many (?:queued )?transactions/i,
      // The nonce, far ahead
      /nonce (?:is )?too (?:high|far|distant)|nonce gap|nonce has max value/i,
      // besu, about an earlier one
      /transaction with a lower nonce exists/i,
      /^(?:NonceGap|NonceTooFarInFuture)/,
      // The bytes
      /negative value|invalid sender|invalid signature|failed to recover sender|sender not an eoa/i,
      /^(?:FailedToResolveSender|SenderIsContract|Invalid)\b/,
      /oversized data|transaction too large|rlp\b|invalid chain ?id|(?:invalid|unknown) transaction type/i,
      /transaction type (?:not|is not) supported|unsupported transaction type|only replay-protected/i,
      /chain ?id (?:mismatch|does not match|not supported|is required)|wrong chain ?id|incompatible eip.?155/i,
      /sender account not authorized|initial sync is still in progress/i,
    ],
  },
];

/** What `message` proves. Words nobody has seen before prove nothing. */
export function meaningOf(message: string): Meaning {
  return TABLE.find(({ texts }) => texts.some((text) => text.test(message)))?.meaning ?? 'unknown';
}
