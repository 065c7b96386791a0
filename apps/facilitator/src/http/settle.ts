/** POST /settle: carries a payment out on chain and answers with its evidence. */
import { encodeSettleAnswer } from '@facilitator/protocol';
import { carryOut, SETTLE_TIMEOUT_MS } from './carry-out.ts';
import type { Endpoint } from './endpoint.ts';
import { sendFault } from './fault-answer.ts';
import { guide } from './guide.ts';
import type { House } from './house.ts';

const path = '/settle';
const ABOUT =
  'Sends a payment to the chain, gas included, and answers with its transaction. Waits as long as `Prefer: wait=N` says; ' +
  'after settlement_pending send the identical request again. An Idempotency-Key header makes every repeat get the same answer.';

export function settleEndpoint(house: House): Endpoint {
  return {
    path,
    answerForm: 'settle',
    timeoutMs: SETTLE_TIMEOUT_MS,
    methods: {
      GET: () => guide(house, path, ABOUT),
      POST: async (request, reply) => {
        const done = await carryOut(house, request, reply);
        if (done.status === 'fault') return sendFault(request, reply, done.fault);
        if (done.answer.status !== 'settled') reply.status(house.options.settleFailureStatus);
        return encodeSettleAnswer(done.caller, done.answer);
      },
    },
  };
}
