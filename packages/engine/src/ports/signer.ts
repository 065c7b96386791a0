/** A key that signs for the facilitator. Local or in a key service; never shown to anyone. */
export interface Signer {
  /** The address in the family's canonical spelling. */
  readonly address: string;
  /**
   * Signs what the family signs: a 32-byte digest on EVM (65 bytes back: r, s, parity 0 or 1), a message on the
   * Ed25519 families (64 bytes back).
   */
  sign(payload: Uint8Array): Promise<Uint8Array>;
}
