export type * from './payment.ts';
export { REASONS, type Reason, wireReason } from './reasons.ts';
