/** Everybody who takes part, in the order of the tables. */
import type { Contender, ContenderName } from './contender.ts';
import { ours } from './ours.ts';
import { reference, referenceNonces } from './reference.ts';

export const CONTENDERS: Readonly<Record<ContenderName, Contender>> = {
  ours,
  reference,
  'reference-nonces': referenceNonces,
};
