/** How a settlement went, in one word: why it failed, or what it is. */
import type { Settlement } from '../src/engine.ts';

export function status({ answer }: Settlement): string {
  return answer.status === 'failed' ? answer.reason : answer.status;
}
