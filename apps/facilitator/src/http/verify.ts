/** POST /verify: is this payment good? Leaves nothing behind. */
import { encodeVerifyAnswer } from '@facilitator/protocol';
import type { Endpoint } from './endpoint.ts';
import { sendFault } from './fault-answer.ts';
import { guide } from './guide.ts';
import type { House } from './house.ts';
import { bodyOf } from './json-body.ts';
import { takePayment } from './take-payment.ts';
import { tell } from './told.ts';

const path = '/verify';
const TIMEOUT_MS = 30_000;

export function verifyEndpoint(house: House): Endpoint {
  return {
    path,
    answerForm: 'verify',
    timeoutMs: TIMEOUT_MS,
    methods: {
      GET: () => guide(house, path, 'Checks a payment without sending anything. Answers isValid, or invalidReason.'),
      POST: async (request, reply) => {
        const taken = takePayment(bodyOf(request), house);
        if (taken.status === 'fault') return sendFault(request, reply, taken.fault);
        if (taken.status === 'refused') {
          const answer = { ...taken, status: 'invalid' } as const;
          tell(request, answer, undefined);
          return encodeVerifyAnswer(taken.caller, answer);
        }
        const { answer, id } = await house.engine.verify(taken.payment);
        tell(request, answer, id);
        if (answer.status === 'unavailable') return sendFault(request, reply, { ...answer, status: 503 });
        return encodeVerifyAnswer(taken.payment, answer);
      },
    },
  };
}
