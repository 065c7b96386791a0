export type { EvmAuthorization } from './authorization.ts';
export { type EvmChain, type EvmChainOptions, evmChain, type ServedToken } from './chain.ts';
export { defaultPolicy, type EvmPolicy, type GasCeilings } from './policy.ts';
export { type JsonRpcOptions, jsonRpc } from './rpc/json-rpc.ts';
export { type EndpointReport, type RpcEndpoint, type RpcPool, type RpcPoolOptions, rpcPool } from './rpc/pool.ts';
export type { Rpc, RpcAnswer, RpcCall } from './rpc/rpc.ts';
export { localSigner } from './sign/local-signer.ts';
