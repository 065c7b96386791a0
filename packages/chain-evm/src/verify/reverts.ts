/** Why tokens refuse, in the words and errors of those that are in use, and what each means to the people who pay. */
import type { Reason } from '@facilitator/protocol';
import { readString, readUint } from '../abi/words.ts';
import { keccakText } from '../hash/keccak.ts';

type Row = {
  readonly reason: Reason;
  /** Tried in order against the text of a `require`. */
  readonly text: RegExp;
  /** Custom errors: OpenZeppelin's, and those of the Paxos and Agora tokens. */
  readonly errors: readonly string[];
};

const TABLE: readonly Row[] = [
  {
    reason: 'invalid_exact_evm_nonce_already_used',
    text: /used or cancell?ed|already used|is used/i,
    errors: ['UsedOrCanceledAuthorization()', 'ERC3009ConsumedAuthorization(address,bytes32)', 'AuthorizationUsed()'],
  },
  {
    reason: 'invalid_exact_evm_payload_authorization_valid_before',
    text: /expired/i,
    errors: ['AuthorizationExpired()', 'ExpiredAuthorization()'],
  },
  {
    reason: 'invalid_exact_evm_payload_authorization_valid_after',
    text: /not yet valid/i,
    errors: ['AuthorizationInvalid()', 'InvalidAuthorization()', 'AuthorizationNotYetValid()'],
  },
  {
    reason: 'invalid_exact_evm_account_blocked',
    text: /blacklist|blocked|frozen|denylist|banned/i,
    errors: ['AddressFrozen()', 'AccountIsFrozen(address)', 'AccountBlocked(address)', 'Blacklisted(address)'],
  },
  {
    reason: 'invalid_exact_evm_asset_paused',
    text: /paused/i,
    errors: ['EnforcedPause()', 'ContractPaused()', 'TransferPaused()', 'SignatureVerificationPaused()'],
  },
  {
    reason: 'invalid_exact_evm_insufficient_balance',
    text: /exceeds balance|insufficient (?:balance|funds)/i,
    errors: ['ERC20InsufficientBalance(address,uint256,uint256)', 'InsufficientFunds()', 'InsufficientBalance()'],
  },
  {
    reason: 'invalid_exact_evm_signature',
    text: /signature|ecrecover|ecdsa/i,
    errors: [
      'InvalidSignature()',
      'InvalidECRecoverSignature()',
      'ERC3009InvalidSignature()',
      'ECDSAInvalidSignature()',
      'ECDSAInvalidSignatureLength(uint256)',
      'ECDSAInvalidSignatureS(bytes32)',
    ],
  },
];

const BY_SELECTOR: ReadonlyMap<string, { readonly reason: Reason; readonly error: string }> = new Map(
  TABLE.flatMap(({ reason, errors }) => errors.map((error) => [selectorOf(error), { reason, error }] as const)),
);

const ERROR_STRING = selectorOf('Error(string)');
const PANIC = selectorOf('Panic(uint256)');

/** What a revert says. `reason` is undefined when the words are not in the table. */
export type Revert = { readonly reason: Reason | undefined; readonly words: string };

/** `data`: revert data as digits without 0x. */
export function explainRevert(data: string): Revert {
  if (data === '') return { reason: undefined, words: 'no reason given' };
  const selector = data.slice(0, 8);
  const rest = data.slice(8);
  if (selector === ERROR_STRING) {
    const text = readString(rest) ?? '';
    return { reason: TABLE.find((row) => row.text.test(text))?.reason, words: shown(text) };
  }
  if (selector === PANIC) return { reason: undefined, words: `panic ${readUint(rest) ?? 'without a code'}` };
  const known = BY_SELECTOR.get(selector);
  return { reason: known?.reason, words: known?.error ?? `error 0x${selector}` };
}

/** Text of a contract nobody vouches for. */
function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function selectorOf(signature: string): string {
  return Buffer.from(keccakText(signature)).toString('hex', 0, 4);
}
