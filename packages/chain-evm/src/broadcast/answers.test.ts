import { describe, expect, it } from 'vitest';
import { type Meaning, meaningOf } from './answers.ts';

const TEXTS: Readonly<Record<string, readonly (readonly [string, Meaning])[]>> = {
  geth: [
    ['already known', 'accepted'],
    ['nonce too low: next nonce 7, tx nonce 5', 'unknown'],
    ['insufficient funds for gas * price + value: balance 0, tx cost 1000, overshot 1000', 'refused'],
    ['transaction underpriced: gas tip cap 0, minimum needed 1000000', 'refused'],
    ['replacement transaction underpriced', 'refused'],
    ['future transaction tries to replace pending', 'refused'],
    ['address already reserved', 'refused'],
    ['intrinsic gas too low: gas 20000, minimum needed 21000', 'refused'],
    ['exceeds block gas limit', 'refused'],
    ['invalid sender', 'refused'],
    ['txpool is full', 'refused'],
    ['max fee per gas less than block base fee: address 0x12, maxFeePerGas: 1, baseFee: 2', 'refused'],
    ['max priority fee per gas higher than max fee per gas', 'refused'],
    ['tx fee (1.50 ether) exceeds the configured cap (1.00 ether)', 'refused'],
    ['in-flight transaction limit reached for delegated accounts', 'refused'],
    ['oversized data: transaction size 200000, limit 131072', 'refused'],
    ['transaction type not supported', 'refused'],
    ['rlp: value size exceeds available input length', 'refused'],
  ],
  reth: [
    ['already known', 'accepted'],
    ['nonce too low: next nonce 2, tx nonce 1', 'unknown'],
    ['replacement transaction underpriced', 'refused'],
    ['txpool is full', 'refused'],
    ['insufficient funds for gas * price + value: have 0 want 100', 'refused'],
  ],
  erigon: [
    ['already known', 'accepted'],
    ['nonce too low', 'unknown'],
    ['underpriced', 'refused'],
    ['intrinsic gas too low', 'refused'],
    ['insufficient funds for gas * price + value', 'refused'],
  ],
  nethermind: [
    ['AlreadyKnown', 'accepted'],
    ['OldNonce, Current nonce: 3, nonce of rejected tx: 2', 'unknown'],
    ['NonceGap, Future nonce. Expected nonce: 9', 'refused'],
    ['FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7', 'refused'],
    ['InsufficientFunds, Account balance: 0, cumulative cost: 21000', 'refused'],
    ['FailedToResolveSender', 'refused'],
    ['GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 40000000', 'refused'],
    ['nonce too far in future', 'refused'],
    ['failed to recover sender', 'refused'],
  ],
  besu: [
    ['Known transaction', 'accepted'],
    ['Nonce too low', 'unknown'],
    ['Upfront cost exceeds account balance', 'refused'],
    ['Gas price below configured minimum gas price', 'refused'],
    ['Intrinsic gas exceeds gas limit', 'refused'],
    ['Transaction gas limit exceeds block gas limit', 'refused'],
    ['Replacement transaction underpriced', 'refused'],
    ['Invalid signature', 'refused'],
    ['Transaction fee cap exceeded', 'refused'],
  ],
  'anvil and nitro': [
    ['transaction already imported', 'accepted'],
    ['nonce too low', 'unknown'],
    ['Insufficient funds for gas * price + value', 'refused'],
    ['invalid transaction nonce', 'unknown'],
    ['queue full', 'refused'],
    ['not enough funds for gas', 'refused'],
  ],
  nobody: [
    ['internal error', 'unknown'],
    ['execution timeout', 'unknown'],
    ['', 'unknown'],
  ],
};

describe.each(Object.entries(TEXTS))('%s', (_, texts) => {
  it.each(texts)('%s', (text, meaning) => {
    expect(meaningOf(text)).toBe(meaning);
  });
});
