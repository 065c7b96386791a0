/** The facilitator as a library: for tests, benches and programs that carry one inside. */
export { type Config, problemLine, type Reading } from './config/config.ts';
export { readConfig } from './config/read-config.ts';
export { createFacilitator, type Facilitator, type Parts } from './facilitator.ts';
export { UnusableKeys } from './signers/open-signers.ts';
export { type Overrides, type Running, startFacilitator } from './start-facilitator.ts';
