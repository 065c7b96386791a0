/** One way to be wrong, and what the caller must be told. */
import type { Scene, Version } from '../stage/scene.ts';

export type Fault = {
  readonly what: string;
  /** The HTTP status; 200 unless given: a well-formed request about a bad payment has an answer. */
  readonly status?: 400 | 413;
  /** The reason code as v2 answers spell it. */
  readonly code: string;
  /** As v1 answers spell it, where that differs. */
  readonly v1?: string;
  /** What the message must say. */
  readonly says: RegExp;
  /** Why the code is not its own. Left out, no other fault may have it. */
  readonly shares?: string;
  /** The fault that nobody can tell it from, so that the words are the same, too. */
  readonly like?: string;
  /** Both unless given. */
  readonly versions?: readonly Version[];
  /** `any`: the facilitator that takes unknown tokens. */
  readonly takes?: 'any';
  /** The body: text as it is, anything else as JSON. */
  readonly make: (scene: Scene) => Promise<unknown>;
};
