/** GET /verify, /settle, /pay, /accepts: what to send there, with an example that is well-formed as it stands. */
import type { EvmNetwork, EvmToken } from '@facilitator/protocol';
import type { House } from './house.ts';

const BUYER = '0x1111111111111111111111111111111111111111';
const SELLER = '0x2222222222222222222222222222222222222222';

/** A v2 request in the official form for one network. Its signature is nobody's, so it will be refused, precisely. */
function exampleRequest(network: EvmNetwork, token: EvmToken) {
  const requirements = {
    scheme: 'exact',
    network: network.caip2,
    amount: '10000',
    asset: token.address,
    payTo: SELLER,
    maxTimeoutSeconds: 60,
    extra: { ...token.domain },
  };
  return {
    x402Version: 2,
    paymentPayload: {
      x402Version: 2,
      resource: { url: 'https://shop.example/report', description: 'one report', mimeType: 'application/json' },
      accepted: requirements,
      payload: {
        signature: `0x${'1b'.padStart(130, '0')}`,
        authorization: {
          from: BUYER,
          to: SELLER,
          value: '10000',
          validAfter: '0',
          validBefore: '1893456000',
          nonce: `0x${'42'.repeat(32)}`,
        },
      },
      extensions: {},
    },
    paymentRequirements: requirements,
  };
}

/** The first network that is served, else the first that could be. */
function exampleNetwork(house: House): EvmNetwork | undefined {
  const candidates = [...house.served.map(({ network }) => network), ...house.networks.all()];
  return candidates.find((network) => network.family === 'evm');
}

const ANSWERS = {
  '200': 'The payment was judged: see isValid or success; a refusal has a reason code and a message.',
  '400': 'The request is not a payment request: `issues` names each field that is wrong.',
  '409': 'The idempotency key belongs to another payment.',
  '413': 'The body is too large.',
  '429': 'These were too many requests. Send the identical request again after Retry-After seconds.',
  '503': 'Nothing was decided. Send the identical request again after Retry-After seconds.',
};

/** What GET answers on an endpoint that wants POST. */
export function guide(house: House, path: string, description: string) {
  const network = exampleNetwork(house);
  const token = network?.tokens[0];
  return {
    endpoint: path,
    method: 'POST',
    contentType: 'application/json',
    description,
    body: {
      x402Version: '1 or 2',
      paymentPayload: 'what the buyer sent: the decoded X-PAYMENT (v1) or PAYMENT-SIGNATURE (v2) header',
      paymentRequirements: 'what the seller asked for: the entry of `accepts` in its 402 answer',
    },
    example: network && token ? exampleRequest(network, token) : null,
    answers: ANSWERS,
    networks: '/supported lists what is served, /networks all that is known.',
  };
}
