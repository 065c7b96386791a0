/** Lets a facilitator's code be compiled and its caches fill before anything is measured. */
import type { Connections } from '../connections.ts';
import { runLoad } from '../load.ts';
import type { SignedPayment } from '../payments.ts';

/** Payments that warm-ups use up; measured ones come after them. */
export const WARM_UP_PAYMENTS = 500;

const VERIFY_MS = 1_000;

/** A second of verifications, and then `settlements` of these payments, one after the other. */
export async function warmUp(
  connections: Connections,
  payments: readonly SignedPayment[],
  settlements: number,
  signal: AbortSignal,
): Promise<void> {
  const bodies = payments.slice(0, WARM_UP_PAYMENTS).map(({ body }) => body);
  const shared = { waitSeconds: 30, signal };
  await runLoad({ ...shared, connections, path: '/verify', bodies, forMs: VERIFY_MS, repeat: true });
  const alone = { ...connections, clients: connections.clients.slice(0, 1) };
  await runLoad({ ...shared, connections: alone, path: '/settle', bodies: bodies.slice(0, settlements) });
}
