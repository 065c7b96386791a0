/** Buys what a URL sells, with the public x402 client, and tells each step as it happens. */
import { registerExactEvmScheme } from '@x402/evm/exact/client';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';
import type { PrivateKey } from '../config/config.ts';

/** What the seller asks for. */
export type Price = {
  readonly network: string;
  readonly asset: string;
  /** Atomic units. */
  readonly amount: string;
  readonly payTo: string;
};

export type BuyingStep =
  | { readonly step: 'asked'; readonly status: number }
  | { readonly step: 'priced'; readonly price: Price; readonly version: number }
  | { readonly step: 'signed'; readonly payer: string; readonly payload: Readonly<Record<string, unknown>> };

export type Purchase =
  /** `status` is the seller's HTTP status. */
  | { readonly outcome: 'free'; readonly status: number; readonly body: string }
  | { readonly outcome: 'paid'; readonly status: number; readonly body: string; readonly transaction: string }
  | { readonly outcome: 'refused'; readonly status: number; readonly why: string }
  /** No payment was made: the price was too high, nothing it takes could be paid, or nobody answered. */
  | { readonly outcome: 'failed'; readonly why: string };

export type Buying = {
  readonly privateKey: PrivateKey;
  /** The most to pay for one thing, such as `$1`. */
  readonly maxPrice: string;
  readonly tell: (step: BuyingStep) => void;
};

/** The seller's facilitator answers within 60 seconds; then the seller still has to. */
const PATIENCE_MS = 90_000;

/** Asks for `url` and pays if it answers 402. Expected failures are outcomes. */
export async function buy(url: string, { privateKey, maxPrice, tell }: Buying): Promise<Purchase> {
  const account = privateKeyToAccount(privateKey);
  const client = registerExactEvmScheme(new x402Client(), { signer: account });
  client.setSpendControls({ maxAmountPerPayment: maxPrice, allowedAssets: true });
  client.onBeforePaymentCreation(async ({ paymentRequired, selectedRequirements }) => {
    tell({ step: 'priced', price: priceOf(selectedRequirements), version: paymentRequired.x402Version });
  });
  client.onAfterPaymentCreation(async ({ paymentPayload }) => {
    tell({ step: 'signed', payer: account.address, payload: paymentPayload.payload });
  });
  let asked = false;
  const observed: typeof fetch = async (input, init) => {
    const response = await fetch(input, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!asked) tell({ step: 'asked', status: response.status });
    asked = true;
    return response;
  };
  try {
    return await outcomeOf(await wrapFetchWithPayment(observed, client)(url));
  } catch (error) {
    return { outcome: 'failed', why: error instanceof Error ? reasonOf(error) : String(error) };
  }
}

async function outcomeOf(response: Response): Promise<Purchase> {
  const { status } = response;
  const header = response.headers.get('payment-response') ?? response.headers.get('x-payment-response');
  const body = await response.text();
  if (header === null) {
    return status === 402
      ? { outcome: 'refused', status, why: refusal(response, body) }
      : { outcome: 'free', status, body };
  }
  const settlement = decodePaymentResponseHeader(header);
  if (settlement.success) return { outcome: 'paid', status, body, transaction: settlement.transaction };
  const { errorReason = 'no reason given', errorMessage } = settlement;
  return { outcome: 'refused', status, why: [errorReason, errorMessage].filter(Boolean).join(': ') };
}

/** v2 sellers put the reason into the header PAYMENT-REQUIRED, v1 sellers into the body. */
function refusal(response: Response, body: string): string {
  const header = response.headers.get('payment-required');
  const told = errorIn(header === null ? body : Buffer.from(header, 'base64').toString('utf8'));
  return told ?? 'the seller does not say why';
}

function errorIn(json: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    const error: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'error') : undefined;
    return typeof error === 'string' && error !== '' ? error : undefined;
  } catch {
    return undefined;
  }
}

/** `fetch failed` alone helps nobody: the cause has the address and the code. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? `${error.message}: ${cause.message}` : error.message;
}

function priceOf(requirements: Omit<Price, 'amount'> & { readonly amount?: string }): Price {
  const { network, asset, payTo } = requirements;
  const v1: unknown = Reflect.get(requirements, 'maxAmountRequired');
  return { network, asset, payTo, amount: requirements.amount ?? (typeof v1 === 'string' ? v1 : '?') };
}
