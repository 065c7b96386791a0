/** Keys in AWS KMS behind the engine's signer port. The private halves never leave the service. */
export { KmsFault, type KmsFaultReason } from './kms-fault.ts';
export { type KmsPool, type KmsPoolOptions, openKmsPool } from './kms-pool.ts';
export { type KmsSignerOptions, kmsSigner } from './kms-signer.ts';
