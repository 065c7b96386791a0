/** A second look at refusals that could mean two things. Only payments that are about to be refused cost it. */
import type { Verdict } from '@facilitator/engine';
import { decodeAggregate3, encodeAggregate3 } from '../abi/aggregate3.ts';
import { addressCall } from '../abi/calls.ts';
import { readBool } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import { bytesIn } from '../rpc/answers.ts';
import type { Question } from '../rpc/rpc.ts';
import { codeCall, gasFor } from './simulation.ts';
import { attemptAt, learnCode, type TrialOptions, type Tried } from './trial.ts';

/** How much more gas the second look gives, to tell a costly wallet from a wrong signature. */
const MORE_GAS = 4n;

/** Asks what the doubt needs. Answers the first verdict again when it stands. */
export function secondLook(
  authorization: EvmAuthorization,
  { verdict, doubt }: Tried,
  options: TrialOptions,
): Question<Verdict> {
  if (doubt === undefined) return { calls: [], read: () => verdict };
  switch (doubt) {
    case 'who-is-blocked':
      return whoIsBlocked(authorization, verdict, options);
    case 'more-gas':
      return withMoreGas(authorization, verdict, options);
    case 'later': {
      // The last block may be older than the authorization while the next one, which would carry it, is not.
      const time = options.clock.now();
      const attempt = attemptAt(authorization, options, { time });
      return {
        calls: [attempt.call],
        read: ([answer]) => (attempt.read(answer).verdict.status === 'valid' ? { status: 'valid' } : verdict),
      };
    }
  }
}

function withMoreGas(authorization: EvmAuthorization, verdict: Verdict, options: TrialOptions): Question<Verdict> {
  const { payer, signature } = authorization;
  const ceiling = options.policy.gas[signature.form];
  const attempt = attemptAt(authorization, options, { gas: gasFor(ceiling) * MORE_GAS });
  return {
    // A key's account with code is an EIP-7702 account: known as one, it is tried alone from now on.
    calls: [attempt.call, codeCall(authorization)],
    read([answer, code]) {
      learnCode(code, authorization, options.codes);
      if (attempt.read(answer).verdict.status !== 'valid') return verdict;
      const message = `The payer's contract makes the transfer need more than the ${ceiling} gas that are sponsored.`;
      return { status: 'refused', reason: 'invalid_exact_evm_gas_ceiling_exceeded', message, payer };
    },
  };
}

function whoIsBlocked(authorization: EvmAuthorization, verdict: Verdict, options: TrialOptions): Question<Verdict> {
  const { token, transfer, asset, payer, payTo } = authorization;
  const asked = (['isBlacklisted(address)', 'isFrozen(address)'] as const).flatMap((list) =>
    [transfer.from, transfer.to].map((account) => ({
      target: token,
      mayFail: true,
      data: addressCall(list, account),
    })),
  );
  const transaction = { from: options.caller, to: options.multicall3, data: encodeAggregate3(asked) };
  return {
    calls: [{ method: 'eth_call', params: [transaction, 'latest'] }],
    read([answer]) {
      const bytes = bytesIn(answer);
      const results = (bytes && decodeAggregate3(bytes, asked.length)) ?? [];
      const listed = results.map(({ success, data }) => success && readBool(data) === true);
      const who = [
        ...(listed[0] || listed[2] ? [`the payer ${payer}`] : []),
        ...(listed[1] || listed[3] ? [`the payee ${payTo}`] : []),
      ];
      if (verdict.status !== 'refused' || who.length === 0) return verdict;
      const blame = listed[1] || listed[3] ? ({ blame: 'payee' } as const) : {};
      return { ...verdict, ...blame, message: `The issuer of ${asset} has blocked ${who.join(' and ')}.` };
    },
  };
}
