/** Payments that are not for what the seller asks, or that are asked for where nothing is served. */
import { someAddress } from '@facilitator/testing';
import { AMOUNT, requiring } from '../stage/scene.ts';
import type { Fault } from './fault.ts';

const NOWHERE = 'the network is not one to pay on here: the message says whether it is unknown or not served';
const AMOUNTS = 'the price is exact: below and above are one fault';
const WINDOW_ENDS = 'both windows end before the payment could be settled';

const seconds = () => BigInt(Math.floor(Date.now() / 1000));

export const TERMS: readonly Fault[] = [
  {
    what: 'an unknown scheme',
    code: 'unsupported_scheme',
    says: /Expected the scheme "exact", got "upto"/,
    async make(scene) {
      const draft = requiring(await scene.request(), (terms) => {
        terms['scheme'] = 'upto';
      });
      if (scene.version === 1) draft.paymentPayload['scheme'] = 'upto';
      return draft;
    },
  },
  {
    what: 'a scheme beside the one required',
    code: 'invalid_scheme',
    says: /The payload is for the scheme "upto", the requirements for "exact"/,
    versions: [1],
    async make(scene) {
      const draft = await scene.request();
      draft.paymentPayload['scheme'] = 'upto';
      return draft;
    },
  },
  {
    what: 'an unknown network',
    code: 'invalid_network',
    shares: NOWHERE,
    says: /The network "base-seppolia" is not known here\. .*Served are (base-sepolia|eip155:84532)\./,
    make: (scene) => scene.request({ terms: { network: 'base-seppolia' } }),
  },
  {
    what: 'a known network that is not served',
    code: 'invalid_network',
    shares: NOWHERE,
    says: /(base|eip155:8453) is not served here/,
    make: (scene) => scene.request({ terms: { network: scene.version === 1 ? 'base' : 'eip155:8453' } }),
  },
  {
    what: 'a network of another family',
    code: 'invalid_network',
    shares: NOWHERE,
    says: /solana\S* is not served here/,
    make: (scene) =>
      scene.request({
        terms: { network: scene.version === 1 ? 'solana' : 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp' },
      }),
  },
  {
    what: 'a network beside the one required',
    code: 'invalid_exact_evm_network_mismatch',
    v1: 'invalid_network',
    says: /The payload is for the network "base", the requirements for base-sepolia/,
    versions: [1],
    async make(scene) {
      const draft = await scene.request();
      draft.paymentPayload['network'] = 'base';
      return draft;
    },
  },
  ...(['amount', 'payTo', 'asset', 'network', 'scheme'] as const).map(acceptedOther),
  {
    what: 'an asset that is not served',
    code: 'unsupported_asset',
    says: /is not served here\. Served: USDC 0x036CbD53842c5426634e7929541eC2318f3dCF7e/,
    make: async (scene) => scene.request({ token: await scene.token('FiatToken') }),
  },
  {
    what: 'an unknown token without its domain',
    code: 'invalid_exact_evm_missing_eip712_domain',
    says: /is not in the registry, so extra\.name and extra\.version must state its domain/,
    takes: 'any',
    make: async (scene) => scene.request({ token: await scene.token('FiatToken'), terms: { extra: {} } }),
  },
  {
    what: 'the wrong domain name',
    code: 'invalid_exact_evm_token_name_mismatch',
    says: /has name "USDC" and version "2"; extra\.name is "USD Coin"/,
    make: (scene) => scene.request({ terms: { extra: { name: 'USD Coin', version: '2' } } }),
  },
  {
    what: 'the wrong domain version',
    code: 'invalid_exact_evm_token_version_mismatch',
    says: /has name "USDC" and version "2"; extra\.version is "1"/,
    make: (scene) => scene.request({ terms: { extra: { name: 'USDC', version: '1' } } }),
  },
  {
    what: 'another recipient',
    code: 'invalid_exact_evm_recipient_mismatch',
    v1: 'invalid_exact_evm_payload_recipient_mismatch',
    says: /The authorization pays 0x\w{40}, the seller asks to pay "0x\w{40}"/,
    make: (scene) => scene.request({ terms: { payTo: someAddress() } }),
  },
  {
    what: 'nothing',
    code: 'invalid_payment_amount',
    says: /The payment is for an amount of 0/,
    make: (scene) => scene.request({ sign: { value: 0n }, terms: { amount: 0n } }),
  },
  {
    what: 'less than the price',
    code: 'invalid_exact_evm_payload_authorization_value_mismatch',
    v1: 'invalid_exact_evm_payload_authorization_value',
    shares: AMOUNTS,
    says: /The authorization is for 999, the seller asks for exactly 1000/,
    make: (scene) => scene.request({ sign: { value: AMOUNT - 1n } }),
  },
  {
    what: 'more than the price',
    code: 'invalid_exact_evm_payload_authorization_value_mismatch',
    v1: 'invalid_exact_evm_payload_authorization_value',
    shares: AMOUNTS,
    says: /The authorization is for 1001, the seller asks for exactly 1000/,
    make: (scene) => scene.request({ sign: { value: AMOUNT + 1n } }),
  },
  {
    what: 'an expired authorization',
    code: 'invalid_exact_evm_payload_authorization_valid_before',
    shares: WINDOW_ENDS,
    says: /The authorization ended at \d+, and now it is \d+/,
    make: (scene) => scene.request({ sign: { validBefore: seconds() - 10n } }),
  },
  {
    what: 'a window too short to settle',
    code: 'invalid_exact_evm_payload_authorization_valid_before',
    shares: WINDOW_ENDS,
    says: /The authorization ends at \d+; settling needs it until \d+ at least/,
    make: (scene) => scene.request({ sign: { validBefore: seconds() + 3n } }),
  },
  {
    what: 'an authorization that is not valid yet',
    code: 'invalid_exact_evm_payload_authorization_valid_after',
    says: /The authorization begins at \d+, and now it is \d+/,
    make: (scene) => scene.request({ sign: { validAfter: seconds() + 300n } }),
  },
  {
    what: 'a Permit2 payload',
    code: 'unsupported_payload_type',
    says: /Only EIP-3009 payloads are served here/,
    async make(scene) {
      const draft = await scene.request();
      Object.assign(draft.paymentPayload.payload, { permit2Authorization: {} });
      return draft;
    },
  },
];

/** The client says that it accepted other terms than the seller requires. Only v2 clients repeat them. */
function acceptedOther(term: 'amount' | 'payTo' | 'asset' | 'network' | 'scheme'): Fault {
  const others = { amount: '999', payTo: someAddress(), asset: someAddress(), network: 'eip155:8453', scheme: 'upto' };
  return {
    what: `another ${term} accepted than required`,
    code: 'invalid_payment_requirements',
    shares: 'one fault of the client, in any of five terms: the message names it',
    says: new RegExp(
      `^The client accepted other terms than the seller requires: ${term} is "${others[term]}" in accepted`,
    ),
    versions: [2],
    async make(scene) {
      const draft = await scene.request();
      draft.paymentPayload.accepted = { ...draft.paymentPayload.accepted, [term]: others[term] };
      return draft;
    },
  };
}
