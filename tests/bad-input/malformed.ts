/** Requests that are not of the form of a payment request. */
import type { Draft, Scene } from '../stage/scene.ts';
import type { Fault } from './fault.ts';

const FORM = 'the request has no form to judge: the path and the message say where';
const VERSION = 'both are about the version: the message says which of the two places';

/** A good request, changed. */
function changed(change: (draft: Draft) => unknown): Fault['make'] {
  return async (scene) => {
    const draft = await scene.request();
    return change(draft) ?? draft;
  };
}

/** As text: nobody here would survive writing it out from objects. */
function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

const price = ({ version }: Scene) => (version === 1 ? 'maxAmountRequired' : 'amount');

export const MALFORMED: readonly Fault[] = [
  {
    what: 'JSON that breaks off',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /body is not valid JSON/,
    make: changed((draft) => JSON.stringify(draft).slice(0, -9)),
  },
  {
    what: 'JSON with words behind it',
    like: 'JSON that breaks off',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /body is not valid JSON: it goes wrong at character \d+/,
    make: changed((draft) => `${JSON.stringify(draft)} and more`),
  },
  {
    what: 'an empty body',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /body is empty/,
    make: async () => '',
  },
  {
    what: 'an array',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /body must be a JSON object/,
    make: changed((draft) => [draft]),
  },
  {
    what: 'no payment',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /paymentPayload is missing/,
    make: changed(({ paymentPayload: _, ...rest }) => rest),
  },
  {
    what: 'a payment of the wrong type',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /paymentPayload must be a JSON object/,
    make: changed((draft) => ({ ...draft, paymentPayload: 7 })),
  },
  {
    what: 'a payload of the wrong type',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /paymentPayload\.payload must be a JSON object/,
    make: changed((draft) => ({ ...draft, paymentPayload: { ...draft.paymentPayload, payload: ['x'] } })),
  },
  {
    what: 'a payee of the wrong type',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /paymentRequirements\.payTo must be a string/,
    make: changed((draft) => {
      draft.paymentRequirements['payTo'] = 17;
    }),
  },
  {
    what: 'a price with a fraction',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /must be a whole number of atomic units/,
    make: async (scene) => {
      const draft = await scene.request();
      draft.paymentRequirements[price(scene)] = 0.5;
      return draft;
    },
  },
  {
    what: 'a negative price',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /must be a decimal string of atomic units, digits only/,
    make: async (scene) => {
      const draft = await scene.request();
      draft.paymentRequirements[price(scene)] = '-1000';
      return draft;
    },
  },
  {
    what: 'a price beyond 256 bits',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /is larger than a uint256/,
    make: async (scene) => {
      const draft = await scene.request();
      draft.paymentRequirements[price(scene)] = `${2n ** 256n}`;
      return draft;
    },
  },
  {
    what: 'an authorization without a nonce',
    code: 'invalid_payload',
    shares: FORM,
    says: /payload\.authorization\.nonce is missing/,
    make: changed(({ paymentPayload }) => {
      Reflect.deleteProperty(paymentPayload.payload.authorization, 'nonce');
    }),
  },
  {
    what: 'a payer that is no address',
    code: 'invalid_payload',
    shares: FORM,
    says: /payload\.authorization\.from must be an address/,
    make: changed(({ paymentPayload }) => {
      Object.assign(paymentPayload.payload.authorization, { from: '0x1234' });
    }),
  },
  {
    what: 'a body beyond the limit',
    status: 413,
    code: 'invalid_payload',
    shares: FORM,
    says: /larger than 65536 bytes/,
    make: changed((draft) => ({ ...draft, junk: 'x'.repeat(65_536) })),
  },
  {
    what: 'a body that nests too deep',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /must not nest deeper than 32 levels/,
    make: changed((draft) => JSON.stringify(draft).replace('"extra":{', `"extra":{"deep":${nested(10_000)},`)),
  },
  {
    what: 'no version',
    status: 400,
    code: 'invalid_payload',
    shares: FORM,
    says: /x402Version is missing/,
    make: changed((draft) => {
      Reflect.deleteProperty(draft, 'x402Version');
      Reflect.deleteProperty(draft.paymentPayload, 'x402Version');
    }),
  },
  {
    what: 'an unknown version',
    status: 400,
    code: 'invalid_x402_version',
    shares: VERSION,
    says: /^x402Version must be the number 1 or 2/,
    make: changed((draft) => {
      draft.x402Version = 3;
    }),
  },
  {
    what: 'two versions',
    status: 400,
    code: 'invalid_x402_version',
    shares: VERSION,
    says: /paymentPayload\.x402Version is \d while x402Version is \d/,
    make: changed(({ paymentPayload, ...draft }) => ({
      ...draft,
      paymentPayload: { ...paymentPayload, x402Version: draft.x402Version === 1 ? 2 : 1 },
    })),
  },
];
