/** What a caller was told of a payment, for the one log line of its request: it leads from a request id to a payment. */
import type { Settlement, Verification } from '@facilitator/engine';
import type { FastifyRequest } from 'fastify';

type Told = {
  /** The payment's id, where the request could be read so far. */
  readonly payment?: string;
  /** `valid`, `settled`, `pending`, `unavailable`, `conflict` or a reason code. */
  readonly outcome: string;
  readonly transaction?: string;
};

declare module 'fastify' {
  interface FastifyRequest {
    told: Told | undefined;
  }
}

type Answer = Settlement['answer'] | Verification['answer'];

/** Remembers it until the line is written. */
export function tell(request: FastifyRequest, answer: Answer, payment: string | undefined): void {
  const outcome = answer.status === 'failed' || answer.status === 'invalid' ? answer.reason : answer.status;
  const transaction = 'transaction' in answer ? answer.transaction : '';
  request.told = {
    outcome,
    ...(payment === undefined ? {} : { payment }),
    ...(transaction === '' ? {} : { transaction }),
  };
}
