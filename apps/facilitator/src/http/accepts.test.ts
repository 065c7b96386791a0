import { describe, expect, it } from 'vitest';
import { requestV1, requestV2, site } from './house.fixture.ts';

const { extra: _, ...bare } = requestV2().paymentRequirements;

async function accepts(payload: unknown, options = {}) {
  const response = await site({}, options).app.inject({ method: 'POST', url: '/accepts', payload: payload as object });
  return { status: response.statusCode, answer: response.json() };
}

describe('POST /accepts', () => {
  it('adds the domain that the registry knows', async () => {
    const { answer } = await accepts({ x402Version: 2, accepts: [bare], resource: { url: 'https://shop.example' } });
    expect(answer).toEqual({
      x402Version: 2,
      error: '',
      resource: { url: 'https://shop.example' },
      accepts: [{ ...bare, extra: { name: 'USDC', version: '2' } }],
      dropped: [],
    });
  });

  it('leaves what the seller wrote', async () => {
    const mine = { ...requestV1().paymentRequirements, extra: { name: 'Mine', feePayer: 'me' }, own: 1 };
    const { answer } = await accepts({ x402Version: 1, accepts: [mine], error: 'Payment required' });
    expect(answer.accepts).toEqual([{ ...mine, extra: { name: 'Mine', version: '2', feePayer: 'me' } }]);
    expect(answer.error).toBe('Payment required');
  });

  it('drops what is not served, with the reason', async () => {
    const { answer } = await accepts({
      x402Version: 2,
      accepts: [
        { ...bare, network: 'eip155:137' },
        { ...bare, network: 'moon' },
        { ...bare, scheme: 'upto' },
        { ...bare, asset: '0x9999999999999999999999999999999999999999' },
        bare,
      ],
    });
    expect(answer.accepts).toHaveLength(1);
    expect(answer.dropped.map(({ index, reason }: { index: number; reason: string }) => [index, reason])).toEqual([
      [0, 'invalid_network'],
      [1, 'invalid_network'],
      [2, 'unsupported_scheme'],
      [3, 'unsupported_asset'],
    ]);
    expect(answer.dropped[0].message).toContain('eip155:8453');
  });

  it('keeps tokens it does not know when any asset is allowed', async () => {
    const mine = { ...bare, asset: '0x9999999999999999999999999999999999999999' };
    const { answer } = await accepts({ x402Version: 2, accepts: [mine] }, { anyAsset: true });
    expect(answer.accepts).toEqual([{ ...mine, extra: {} }]);
  });

  it.each([
    [{ x402Version: 2 }, 'accepts'],
    [{ x402Version: 3, accepts: [] }, 'x402Version'],
    [{ x402Version: 2, accepts: [bare, 7] }, 'accepts[1]'],
    [{ x402Version: 2, accepts: [{ ...bare, network: 1 }] }, 'accepts[0].network'],
    [[], 'body'],
  ])('answers 400 to %j', async (body, path) => {
    const { status, answer } = await accepts(body);
    expect(status).toBe(400);
    expect(answer.issues[0].path).toBe(path);
  });
});
