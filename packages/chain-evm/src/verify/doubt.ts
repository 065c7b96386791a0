/** A second look at refusals that could mean two things. Only payments that are about to be refused cost it. */
import { decodeAggregate3, encodeAggregate3 } from '../abi/aggregate3.ts';
import { addressCall } from '../abi/calls.ts';
import { readBool } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import { bytesIn } from '../rpc/answers.ts';
import type { Question } from '../rpc/rpc.ts';
import { codeCall } from './simulation.ts';
import { attemptAt, type Judged, learnCode, type TrialOptions, type Tried } from './trial.ts';

/** How much more gas the second look gives, to tell a costly wallet from a wrong signature. */
const MORE_GAS = 4n;

/** Asks what the doubt needs. Answers the first verdict again when it stands. */
export function secondLook({ verdict, doubt, tried }: Tried, options: TrialOptions): Question<Judged> {
  if (doubt === undefined) return { calls: [], read: () => verdict };
  switch (doubt) {
    case 'who-is-blocked':
      return whoIsBlocked(tried, verdict, options);
    case 'more-gas':
      return withMoreGas(tried, verdict, options);
    case 'later': {
      // The last block may be older than the authorization while the next one, which would carry it, is not.
      const time = options.clock.now();
      const attempt = attemptAt(tried, options, { time });
      return {
        calls: [attempt.call],
        read: ([answer]) => (attempt.read(answer).verdict.status === 'valid' ? { status: 'valid' } : verdict),
      };
    }
  }
}

function withMoreGas(authorization: EvmAuthorization, verdict: Judged, options: TrialOptions): Question<Judged> {
  const { payer, transfer, signature } = authorization;
  const { codes } = options;
  const attempt = attemptAt(authorization, options, { gas: MORE_GAS });
  return {
    // A key's account with code is an EIP-7702 account: known as one, it is tried alone from now on.
    calls: [attempt.call, codeCall(authorization)],
    read([answer, code]) {
      learnCode(code, authorization, codes);
      // Tried as what it is not, for instance because it was deployed between two blocks. The next look knows.
      const hasCode = codes.hasCode(transfer.from);
      if (signature.form !== 'key' && hasCode !== undefined && hasCode !== (signature.form === 'wallet')) {
        return {
          status: 'unavailable',
          answered: true,
          detail: `the contract at ${payer} came or went while it was looked at`,
        };
      }
      if (attempt.read(answer).verdict.status !== 'valid') return verdict;
      const ceiling = options.policy.gas[signature.form];
      const message = `The payer's contract makes the transfer need more than the ${ceiling} gas that are sponsored.`;
      return { status: 'refused', reason: 'invalid_exact_evm_gas_ceiling_exceeded', message, payer };
    },
  };
}

function whoIsBlocked(authorization: EvmAuthorization, verdict: Judged, options: TrialOptions): Question<Judged> {
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
