/** The smallest JSON-RPC client: what tests ask, without a library under test in between. */

/** Resolves with the result. Rejects with a RefusedCall when the node answers with an error. */
export type Rpc = (method: string, params?: readonly unknown[]) => Promise<unknown>;

/** A node's error answer. */
export class RefusedCall extends Error {
  override readonly name = 'RefusedCall';
  readonly method: string;
  readonly code: number;
  /** What came with it: for a reverted call, the revert data. */
  readonly data: unknown;

  constructor(method: string, code: number, message: string, data: unknown) {
    super(`${method}: ${message}`);
    this.method = method;
    this.code = code;
    this.data = data;
  }
}

type Answer = {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

export function createRpc(url: string): Rpc {
  return async (method, params = []) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const answer: Answer = JSON.parse(await response.text());
    if (answer.error) throw new RefusedCall(method, answer.error.code, answer.error.message, answer.error.data);
    return answer.result;
  };
}
