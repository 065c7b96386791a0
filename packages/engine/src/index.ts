export { createEngine, type EngineOptions } from './create-engine.ts';
export type * from './engine.ts';
export type * from './ports/chain.ts';
export type * from './ports/clock.ts';
export type * from './ports/journal.ts';
export type * from './ports/meter.ts';
export type * from './ports/signer.ts';
export { systemClock } from './system-clock.ts';
