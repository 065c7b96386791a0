/** Compares a network with what the registry says of it, in one round trip, before anything is sent there. */
import type { Opening } from '@facilitator/engine';
import { type Call, decodeAggregate3, encodeAggregate3, type Result } from '../abi/aggregate3.ts';
import { addressCall, plainCall, uintCall } from '../abi/calls.ts';
import { readUint } from '../abi/words.ts';
import { checksum } from '../hash/address.ts';
import type { Hex } from '../hash/hex.ts';
import { bytesIn, failureOf, quantityIn } from '../rpc/answers.ts';
import { askAll, handing, type Question, type Rpc, type RpcAnswer } from '../rpc/rpc.ts';
import type { TokenBook } from '../tokens.ts';
import { examine, questionsTo } from './token.ts';

export type OpenOptions = {
  readonly rpc: Rpc;
  readonly chainId: number;
  readonly multicall3: Hex;
  readonly tokens: TokenBook;
  /** Lower-case. */
  readonly signers: readonly Hex[];
  /** BASEFEE is an invalid instruction where there is no base fee. */
  readonly baseFee: boolean;
  readonly onBaseFee: (wei: bigint) => void;
  /** Gas that fits into a block. */
  readonly onBlockGas: (gas: bigint) => void;
  /** Wei that the data of one payment costs on the chain below. Only where the chain itself can tell. */
  readonly onDataFee: (wei: bigint) => void;
  readonly alsoAsk: readonly Question<void>[];
};

/** Where every chain of the OP stack tells the fee for a transaction of so many bytes (specs.optimism.io, Fjord). */
const GAS_PRICE_ORACLE: Hex = '0x420000000000000000000000000000000000000f';
/** Bytes of a lone payment by a key, before its signature: those with more in them are dearer, and share. */
const PAYMENT_BYTES = 400n;

/** Tokens that disagree with the registry are switched off in `tokens` and named in the notes. */
export async function open(options: OpenOptions): Promise<Opening> {
  const { rpc, chainId, multicall3, tokens, signers } = options;
  const known = tokens.all();
  const self = (data: Hex): Call => ({ target: multicall3, mayFail: true, data });
  const calls = [
    self(plainCall('getCurrentBlockGasLimit()')),
    { target: GAS_PRICE_ORACLE, mayFail: true, data: uintCall('getL1FeeUpperBound(uint256)', PAYMENT_BYTES) },
    ...(options.baseFee ? [self(plainCall('getBasefee()'))] : []),
    ...signers.map((signer) => self(addressCall('getEthBalance(address)', signer))),
    ...known.flatMap(questionsTo),
  ];
  let opening: Opening = { status: 'unreachable', reason: 'the RPC was not asked' };
  await askAll(rpc, [
    handing(
      {
        calls: [
          { method: 'eth_chainId', params: [] },
          { method: 'eth_getCode', params: [multicall3, 'latest'] },
          { method: 'eth_call', params: [{ to: multicall3, data: encodeAggregate3(calls) }, 'latest'] },
        ],
        read: understand,
      },
      (told) => {
        opening = told;
      },
    ),
    ...options.alsoAsk,
  ]);
  return opening;

  function understand([id, code, answer]: readonly RpcAnswer[]): Opening {
    const found = quantityIn(id);
    if (found === undefined) return { status: 'unreachable', reason: failureOf(id) };
    if (found !== BigInt(chainId)) {
      return { status: 'closed', reason: `the RPC serves chain ${found}, and this network is chain ${chainId}` };
    }
    if (bytesIn(code) === '0x') {
      return { status: 'closed', reason: `there is no Multicall3 at ${checksum(multicall3)}` };
    }
    const bytes = bytesIn(answer);
    if (bytes === undefined) return { status: 'unreachable', reason: failureOf(answer) };
    const results = decodeAggregate3(bytes, calls.length);
    if (results === undefined) {
      return { status: 'closed', reason: `the contract at ${checksum(multicall3)} does not answer like Multicall3` };
    }
    const notes = read([...results]);
    return { status: 'open', notes, whole: known.every(({ address }) => tokens.isServed(address)) };
  }

  /** Takes the results in the order of the calls. */
  function read(results: Result[]): readonly string[] {
    const notes: string[] = [];
    const [blockGas, dataFee] = results.splice(0, 2);
    const limit = readUint(blockGas?.data ?? '');
    if (limit) options.onBlockGas(limit);
    // Chains of other kinds have nothing there, which answers with nothing.
    const fee = dataFee?.success ? readUint(dataFee.data) : undefined;
    if (fee) options.onDataFee(fee);
    if (options.baseFee) {
      const [told] = results.splice(0, 1);
      const wei = readUint(told?.data ?? '');
      if (wei) options.onBaseFee(wei);
    }
    if (signers.length === 0) notes.push('no signer: payments can be verified and not settled');
    for (const signer of signers) {
      const [balance] = results.splice(0, 1);
      if (readUint(balance?.data ?? '') === 0n) notes.push(`${checksum(signer)} has nothing to pay gas with`);
    }
    for (const token of known) {
      const finding = examine(token, chainId, results.splice(0, questionsTo(token).length));
      if (finding.status === 'on') tokens.confirm(token.address, finding.domain);
      else tokens.switchOff(token.address, finding.why);
      const note = finding.status === 'on' ? finding.note : `switched off: ${finding.why}`;
      if (note !== undefined) notes.push(`${token.symbol} ${token.spelling} ${note}`);
    }
    return notes;
  }
}
