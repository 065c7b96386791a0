import { createNetworks } from '@facilitator/protocol';
import { describe, expect, it } from 'vitest';
import { problemLine } from './config.ts';
import { readEndpoints } from './endpoints.ts';

const ONE = 'https://one.example/v2/s3cret';
const TWO = 'http://user:pw@two.example';

function read(env: Record<string, string>) {
  const { urls, problems, notices } = readEndpoints(new Map(Object.entries(env)), createNetworks());
  return { base: urls.get('eip155:8453'), problems: problems.map(problemLine), notices };
}

describe('the endpoints of a network', () => {
  it('are those of its variable, in their order', () => {
    expect(read({ RPC_URL_BASE: ONE }).base).toEqual([{ url: ONE }]);
    expect(read({ RPC_URL_BASE: ` ${ONE} ,${TWO},` })).toEqual({
      base: [{ url: ONE }, { url: TWO }],
      problems: [],
      notices: [],
    });
  });

  it.each(['ftp://one.example', `${ONE},two.example`, ','])('must be web addresses: %s', (value) => {
    const { problems } = read({ RPC_URL_BASE: value });
    expect(problems).toEqual([
      'RPC_URL_BASE: must be an http or https URL, or several separated by commas. Set it to something like RPC_URL_BASE=https://mainnet.base.org, or leave it out.',
    ]);
  });

  it('have one limit, or one each', () => {
    const both = { RPC_URL_BASE: `${ONE},${TWO}` };
    const limits = (value: string) =>
      read({ ...both, RPC_CALLS_PER_SECOND_BASE: value }).base?.map(({ callsPerSecond }) => callsPerSecond);
    expect(limits('25')).toEqual([25, 25]);
    expect(limits('25, 300')).toEqual([25, 300]);
  });

  it.each(['0', '-1', '2.5', 'many', '1000001', '25,x'])('have limits that are numbers: %s', (value) => {
    const { problems } = read({ RPC_URL_BASE: ONE, RPC_CALLS_PER_SECOND_BASE: value });
    expect(problems).toEqual([
      expect.stringMatching(/^RPC_CALLS_PER_SECOND_BASE: must be whole numbers from 1 to 1000000.*=25/),
    ]);
  });

  it('have as many limits as there are addresses', () => {
    const { problems } = read({ RPC_URL_BASE: `${ONE},${TWO}`, RPC_CALLS_PER_SECOND_BASE: '1,2,3' });
    expect(problems).toEqual([
      'RPC_CALLS_PER_SECOND_BASE: there are 2 addresses and 3 numbers; must be one number for all, or one for each. Name as many numbers as RPC_URL_BASE has addresses.',
    ]);
  });

  it('are missed where there is a limit', () => {
    expect(read({ RPC_CALLS_PER_SECOND_BASE: '5' }).notices).toEqual([
      'RPC_CALLS_PER_SECOND_BASE is set, and no RPC_URL_ of that network is, so it is not used.',
    ]);
  });
});
