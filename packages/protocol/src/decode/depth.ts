/** How deep JSON may nest. A real request needs about six levels. */

/** Levels of objects and arrays inside one another that a request may have. */
export const DEPTH_LIMIT = 32;

/** Whether `value` nests objects or arrays deeper than `limit`. Iterative, so no input can exhaust the stack. */
export function tooDeep(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const pending: object[] = [value];
  const depths: number[] = [1];
  for (;;) {
    const current = pending.pop();
    const depth = depths.pop();
    if (current === undefined || depth === undefined) return false;
    if (depth > limit) return true;
    for (const child of Object.values(current)) {
      if (typeof child === 'object' && child !== null) {
        pending.push(child);
        depths.push(depth + 1);
      }
    }
  }
}
