/** Tells v1 from v2, once, by the number that a request states in one or two places. */
import type { Issue } from '../issue.ts';
import type { X402Version } from '../payment.ts';

export type ReadVersion =
  | { readonly status: 'version'; readonly version: X402Version }
  /** Neither place states it. */
  | { readonly status: 'missing' }
  | { readonly status: 'unusable'; readonly issue: Issue };

/** `outer` stands in the body, `inner` in the payment payload at `innerPath`. One of them is enough; both must agree. */
export function readVersion(outer: unknown, inner: unknown, innerPath: string): ReadVersion {
  if (outer === undefined && inner === undefined) return { status: 'missing' };
  if (outer !== undefined && !isVersion(outer)) return unusable('x402Version', 'must be the number 1 or 2');
  if (inner !== undefined && !isVersion(inner)) return unusable(innerPath, 'must be the number 1 or 2');
  if (outer === undefined) return isVersion(inner) ? { status: 'version', version: inner } : { status: 'missing' };
  if (inner !== undefined && inner !== outer) {
    return unusable(innerPath, `is ${inner} while x402Version is ${outer}: state the same version in both places`);
  }
  return { status: 'version', version: outer };
}

function isVersion(value: unknown): value is X402Version {
  return value === 1 || value === 2;
}

function unusable(path: string, message: string): ReadVersion {
  return { status: 'unusable', issue: { path, message } };
}
