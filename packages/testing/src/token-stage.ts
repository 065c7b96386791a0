/** What the tests of the fixtures share: a chain, somebody who submits, and payments from one payer to one payee. */
import { type Address, decodeEventLog, type Hex, parseAbi } from 'viem';
import { startAnvil } from './anvil.ts';
import { type AuthorizationPayload, type AuthorizationToSign, signAuthorization } from './authorization.ts';
import { tryCall } from './call.ts';
import { someAddress } from './contract.ts';
import { BASE_SEPOLIA_USDC } from './sandbox-chain.ts';
import { minedReceipt, type Receipt, sendTransaction, transferCalldata } from './submission.ts';
import { fund, putToken, type TokenFixture, type TokenKind } from './token.ts';
import { newWallet } from './wallet.ts';

const EVENTS = parseAbi([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
  'event AuthorizationAlreadyUsed(address indexed authorizer, bytes32 indexed nonce)',
]);

type Overload = 'vrs' | 'bytes';
export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Base Sepolia's chain id. Close it with `anvil.stop()`. */
export async function openStage() {
  const anvil = await startAnvil({ chainId: 84532 });
  const relayer = anvil.accounts[0] ?? newWallet();

  async function send(to: Address, data: Hex, gas?: bigint): Promise<Receipt> {
    const { privateKey } = relayer;
    const hash = await sendTransaction(anvil, { privateKey, to, data, ...(gas === undefined ? {} : { gas }) });
    return minedReceipt(anvil, hash);
  }

  return {
    anvil,
    /** Sends from the relayer and waits for the receipt. */
    send,
    /** Payer and payee nobody has met before, 5,000 units of a new token, and what the payer signs. */
    async scene(kind: TokenKind, token: Partial<TokenFixture> = {}) {
      const [payer, payee] = [newWallet(), someAddress()];
      const placed = await putToken(anvil, { ...BASE_SEPOLIA_USDC, address: someAddress(), ...token, kind });
      await fund(anvil, placed, payer.address, 5_000n);
      return {
        payer,
        payee,
        token: placed,
        /** 1,000 units to the payee, unless something else is wanted. */
        sign: (wanted: Partial<AuthorizationToSign> = {}) =>
          signAuthorization({
            privateKey: payer.privateKey,
            chainId: anvil.chainId,
            token: placed,
            to: payee,
            value: 1_000n,
            ...wanted,
          }),
        /** `passed`, or what the revert said: its text, else its data. */
        async simulate(payload: AuthorizationPayload, overload: Overload = 'vrs'): Promise<string> {
          const outcome = await tryCall(anvil, { to: placed.address, data: transferCalldata(payload, overload) });
          return outcome.status === 'passed' ? 'passed' : outcome.text || outcome.data;
        },
        submit: (payload: AuthorizationPayload, overload: Overload = 'vrs') =>
          send(placed.address, transferCalldata(payload, overload)),
      };
    },
  };
}

/** The events of a receipt, decoded. */
export function eventsOf({ logs }: Receipt) {
  return logs.map(({ topics: [signature, ...rest], data }) => {
    if (!signature) throw new Error('anonymous event');
    return decodeEventLog({ abi: EVENTS, topics: [signature, ...rest], data });
  });
}
