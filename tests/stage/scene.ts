/** Good payments, built the way a buyer's client builds them, with places to spoil them. */
import {
  type Anvil,
  type AuthorizationPayload,
  type AuthorizationToSign,
  fund,
  newWallet,
  type PaymentToRequest,
  paymentRequestV1,
  paymentRequestV2,
  putToken,
  signAuthorization,
  someAddress,
  type TokenFixture,
  type TokenKind,
  type Wallet,
} from '@facilitator/testing';
import type { Address } from 'viem';
import { CHAIN_ID, USDC } from './chain.ts';

export type Version = 1 | 2;

type Fields = Record<string, unknown>;

/** A request body that may be changed in any way. `accepted` of v2 is a copy of its own. */
export type Draft = {
  x402Version: unknown;
  paymentPayload: Fields & { payload: AuthorizationPayload & Fields; accepted?: Fields };
  paymentRequirements: Fields & { extra: Fields };
};

type Ask = {
  readonly version?: Version;
  /** USDC unless given. */
  readonly token?: TokenFixture;
  /** What the payer signs, where it is not what the seller asks for. */
  readonly sign?: Partial<AuthorizationToSign>;
  /** What the seller asks for, where it is not what the payer signs. */
  readonly terms?: Partial<Omit<PaymentToRequest, 'payload'>>;
};

export const AMOUNT = 1_000n;
/** What each payer holds of a token: enough for five payments. */
export const PURSE = 5_000n;

/** A payer and a payee nobody has met before. */
export type Scene = {
  readonly anvil: Anvil;
  readonly version: Version;
  /** Holds `PURSE` of USDC. */
  readonly payer: Wallet;
  readonly payee: Address;
  /** A new token at a new address, of which the payer holds `PURSE`. */
  token(kind: TokenKind): Promise<TokenFixture>;
  sign(ask?: Ask): Promise<AuthorizationPayload>;
  /** The payment as a body: `AMOUNT` from payer to payee, unless something else is asked for. */
  request(ask?: Ask): Promise<Draft>;
};

/** `onSigned` hears of every signature. */
export async function openScene(
  anvil: Anvil,
  version: Version,
  onSigned: (signature: string) => void = () => undefined,
): Promise<Scene> {
  const [payer, payee] = [newWallet(), someAddress()];
  await fund(anvil, USDC, payer.address, PURSE);

  async function sign({ token = USDC, sign: wanted = {} }: Ask = {}): Promise<AuthorizationPayload> {
    const { privateKey } = payer;
    const usual = { privateKey, chainId: CHAIN_ID, token, to: payee, value: AMOUNT };
    const payload = await signAuthorization({ ...usual, ...wanted });
    onSigned(payload.signature);
    return payload;
  }

  return {
    ...{ anvil, version, payer, payee, sign },
    async token(kind) {
      const { name, version: domainVersion, symbol, decimals } = USDC;
      const placed = { kind, address: someAddress(), name, version: domainVersion, symbol, decimals };
      await putToken(anvil, placed);
      await fund(anvil, placed, payer.address, PURSE);
      return placed;
    },
    async request(ask = {}) {
      const { token = USDC, terms = {}, version: spoken = version } = ask;
      const payment: PaymentToRequest = {
        network: spoken === 1 ? 'base-sepolia' : `eip155:${CHAIN_ID}`,
        asset: token.address,
        payTo: payee,
        amount: AMOUNT,
        extra: { name: token.name, version: token.version },
        ...terms,
        payload: await sign(ask),
      };
      const request = spoken === 1 ? paymentRequestV1(payment) : paymentRequestV2(payment);
      return JSON.parse(JSON.stringify(request)) as Draft;
    },
  };
}

/** Changes what the seller requires, and the client's copy of it. */
export function requiring(draft: Draft, change: (requirements: Fields) => void): Draft {
  change(draft.paymentRequirements);
  if (draft.paymentPayload.accepted !== undefined) change(draft.paymentPayload.accepted);
  return draft;
}
