/** POST /pay: verify and settle in one round trip, with both answers. */
import { encodeSettleAnswer, encodeVerifyAnswer, type SettleAnswer, type VerifyAnswer } from '@facilitator/protocol';
import { carryOut, SETTLE_TIMEOUT_MS } from './carry-out.ts';
import type { Endpoint } from './endpoint.ts';
import { sendFault } from './fault-answer.ts';
import { guide } from './guide.ts';
import type { House } from './house.ts';

const path = '/pay';

export function payEndpoint(house: House): Endpoint {
  return {
    path,
    answerForm: 'pay',
    timeoutMs: SETTLE_TIMEOUT_MS,
    methods: {
      GET: () => guide(house, path, 'Verifies and settles in one request. Answers success, verify and settle.'),
      POST: async (request, reply) => {
        const done = await carryOut(house, request, reply);
        if (done.status === 'fault') return sendFault(request, reply, done.fault);
        const { caller, answer } = done;
        return {
          success: answer.status === 'settled',
          verify: encodeVerifyAnswer(caller, verifiedBy(answer)),
          settle: encodeSettleAnswer(caller, answer),
        };
      },
    },
  };
}

/**
 * What settling found out about the payment's goodness. It makes every check of /verify itself, so asking twice would
 * only cost a call, and would refuse the repeat of a payment that is already under way.
 */
function verifiedBy(answer: SettleAnswer): VerifyAnswer {
  if (answer.status === 'settled') return { status: 'valid', payer: answer.payer };
  // It was good enough to be sent; what the chain then did is in the settle answer.
  if (answer.transaction !== '' && answer.payer !== undefined) return { status: 'valid', payer: answer.payer };
  const { reason, message, payer } = answer;
  return { status: 'invalid', reason, message, ...(payer === undefined ? {} : { payer }) };
}
