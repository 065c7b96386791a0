/** A request that gets no answer of its own: malformed, too large, in conflict, or at a bad time. */
import type { Issue, Reason } from '@facilitator/protocol';

export type Fault = {
  readonly status: number;
  /** For people: what is wrong and what to do. Safe to show. */
  readonly message: string;
  /** The code for clients that read `invalidReason` or `errorReason`; follows from the status unless given. */
  readonly reason?: Reason;
  /** Each names its place in the body. */
  readonly issues?: readonly Issue[];
  /** Seconds. */
  readonly retryAfter?: number;
};

/** Carries a fault out of a body parser, where nothing can be returned. */
export class FaultError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.name = 'FaultError';
    this.fault = fault;
  }
}

/** 400 for a body with these faults. */
export function malformed(issues: readonly Issue[], reason: Reason = 'invalid_payload'): Fault {
  const message = issues.map((issue) => `${issue.path} ${issue.message}`).join('; ');
  return { status: 400, message, reason, issues };
}
