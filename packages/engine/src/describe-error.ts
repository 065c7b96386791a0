/** An unknown thrown value as one line for an operator. Packages below already keep secrets out of their errors. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
