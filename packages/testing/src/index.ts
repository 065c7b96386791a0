/** Local chains, databases and signed payments for tests and the sandbox. Nothing here is for production. */
export { type Anvil, type AnvilOptions, startAnvil } from './anvil.ts';
export { type ContractName, creationCode, deployedCode } from './artifact.ts';
export {
  type AuthorizationPayload,
  type AuthorizationToSign,
  randomNonce,
  signAuthorization,
} from './authorization.ts';
export { type Call, type CallOutcome, tryCall } from './call.ts';
export { type Aim, type ChaosOptions, type ChaosProxy, type Hit, startChaosProxy } from './chaos/chaos-proxy.ts';
export type { Severity } from './chaos/fault.ts';
export { FAULT_NAMES, type FaultName } from './chaos/faults.ts';
export { mixedWeather, type Weather } from './chaos/weather.ts';
export {
  MULTICALL3_ADDRESS,
  PERMIT2_ADDRESS,
  type PlaceToPut,
  putContract,
  putMulticall3,
  putPermit2,
  setText,
  setWord,
  someAddress,
} from './contract.ts';
export { type CountingProxy, countingProxy } from './counting-proxy.ts';
export { freePort } from './free-port.ts';
export { guard } from './guard.ts';
export type { KmsKey, KmsKeySpec, KmsKeyState } from './kms/keys.ts';
export {
  type KmsDisturbance,
  type KmsDouble,
  type KmsOperation,
  startKmsDouble,
} from './kms/kms-double.ts';
export { type PaymentToRequest, paymentRequestV1, paymentRequestV2 } from './payment-request.ts';
export { type Postgres, startPostgres } from './postgres.ts';
export { createRpc, RefusedCall, type Rpc } from './rpc.ts';
export {
  deliver,
  type Exchange,
  type Forwarder,
  type ForwarderOptions,
  type Intercept,
  type Interception,
  type RpcAnswer,
  type RpcCall,
  startForwarder,
} from './rpc-forwarder.ts';
export {
  BASE_SEPOLIA,
  BASE_SEPOLIA_GLUE,
  BASE_SEPOLIA_USDC,
  type SandboxChain,
  startSandboxChain,
} from './sandbox-chain.ts';
export {
  bareCounterfactualWallet,
  type Counterfactual,
  counterfactualWallet,
  delegateAccount,
  putBareFactory,
  putFactory,
  putGasBurnerWallet,
  putWallet,
  switchWallet,
  wrap6492,
} from './smart-wallet.ts';
export {
  minedReceipt,
  type Receipt,
  receiptOf,
  sendTransaction,
  type Transaction,
  transferCalldata,
} from './submission.ts';
export {
  balanceOf,
  fund,
  putRegistryToken,
  putToken,
  setAllowance,
  setBlocked,
  setNonceUsed,
  setPaused,
  type TokenFixture,
  type TokenKind,
} from './token.ts';
export { newWallet, type Wallet } from './wallet.ts';
