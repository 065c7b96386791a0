/** Sellers' servers, built from the published middleware as its users build them. */
import { getRequestListener } from '@hono/node-server';
import { type FacilitatorClient, type RoutesConfig, x402ResourceServer } from '@x402/core/server';
import { ExactEvmScheme } from '@x402/evm/exact/server';
import { paymentMiddleware as expressPayments } from '@x402/express';
import { paymentMiddleware as honoPayments } from '@x402/hono';
import express from 'express';
import { Hono } from 'hono';
import type { Address } from 'viem';
import { paymentMiddleware as expressPaymentsV1 } from 'x402-express';
import { type Listening, listen } from './listen.ts';

export const REPORT = { report: 'All is well.' };

/** What every shop sells, on Base Sepolia: $0.01 of USDC is 10,000 atomic units. */
export const PRICE = 10_000n;

type Ware = {
  readonly asset: Address;
  /** Atomic units. */
  readonly amount: bigint;
  readonly domain: { readonly name: string; readonly version: string };
};

export type ShopOptions = {
  readonly facilitator: FacilitatorClient;
  readonly payTo: Address;
  /** What /token costs. */
  readonly ware: Ware;
  /** What the seller does for its money, between verify and settle. */
  readonly work: () => Promise<void>;
};

/** /report, /hasty, whose buyers get a second to pay, and /token, which takes another token than USDC. */
function routes({ payTo, ware }: ShopOptions): RoutesConfig {
  const { asset, amount, domain } = ware;
  const usdc = { scheme: 'exact', network: 'eip155:84532', payTo, price: '$0.01' } as const;
  return {
    'GET /report': { accepts: usdc, description: 'one report', mimeType: 'application/json' },
    'GET /hasty': { accepts: { ...usdc, maxTimeoutSeconds: 1 } },
    'GET /token': { accepts: { ...usdc, price: { asset, amount: `${amount}`, extra: domain } } },
  };
}

function resources({ facilitator }: ShopOptions): x402ResourceServer {
  return new x402ResourceServer(facilitator).register('eip155:*', new ExactEvmScheme());
}

/** express with @x402/express. */
export function openExpressShop(options: ShopOptions): Promise<Listening> {
  const shop = express();
  shop.use(expressPayments(routes(options), resources(options)));
  shop.get('/:ware', async (_, response) => {
    await options.work();
    response.json(REPORT);
  });
  return listen(shop);
}

/** hono with @x402/hono. */
export function openHonoShop(options: ShopOptions): Promise<Listening> {
  const shop = new Hono();
  shop.use(honoPayments(routes(options), resources(options)));
  shop.get('/:ware', async (context) => {
    await options.work();
    return context.json(REPORT);
  });
  return listen(getRequestListener(shop.fetch));
}

export type ShopOptionsV1 = Omit<ShopOptions, 'facilitator'> & { readonly facilitatorUrl: string };

/** express with x402-express, the middleware of version 1. */
export function openExpressShopV1({ facilitatorUrl, payTo, ware, work }: ShopOptionsV1): Promise<Listening> {
  const shop = express();
  const network = 'base-sepolia';
  const { asset, amount, domain } = ware;
  const token = { amount: `${amount}`, asset: { address: asset, decimals: 6, eip712: domain } };
  shop.use(
    expressPaymentsV1(
      payTo,
      {
        'GET /report': { price: '$0.01', network, config: { description: 'one report' } },
        'GET /hasty': { price: '$0.01', network, config: { maxTimeoutSeconds: 1 } },
        'GET /token': { price: token, network },
      },
      { url: facilitatorUrl as `${string}://${string}` },
    ),
  );
  shop.get('/:ware', async (_, response) => {
    await work();
    response.json(REPORT);
  });
  return listen(shop);
}
