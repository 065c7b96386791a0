/** A single JSON-RPC endpoint: a pool of one, which asks nothing on its own account. */
import { type RpcPoolOptions, rpcPool } from './pool.ts';
import type { Rpc } from './rpc.ts';

export type JsonRpcOptions = Omit<RpcPoolOptions, 'endpoints' | 'chainId' | 'blockMs' | 'onChange'> & {
  /** http(s); may carry a key in its path or query, or a user and password. */
  readonly url: string;
};

/** Throws when `url` is not an http(s) URL; the message does not repeat it. */
export function jsonRpc({ url, ...options }: JsonRpcOptions): Rpc {
  // Which chain it is matters where there are endpoints to choose from; without a pace no leap of its head can be told.
  return rpcPool({ ...options, endpoints: [{ url }], chainId: 0, blockMs: 0 });
}
