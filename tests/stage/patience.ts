/** For `expect.poll`: what is waited for comes in milliseconds, or never. A busy machine is no failure. */
export const PATIENCE = { timeout: 20_000, interval: 20 } as const;
