import { describe, expect, it } from 'vitest';
import { open, requestV1, site } from './house.fixture.ts';

describe('GET /metrics', () => {
  it('shows networks as they are and requests by route, not by address', async () => {
    const networks = () => [
      { ...open('eip155:8453'), inFlight: 4 },
      { ...open('eip155:84532'), status: 'closed' as const, writing: false },
    ];
    const { app } = site({ networks, find: async () => [] });
    await app.inject({ url: '/settlements/0x1234567890' });
    await app.inject({ url: '/no/such/path' });
    await app.inject({ method: 'POST', url: '/verify', payload: requestV1({ x402Version: 9 }) });
    const response = await app.inject({ url: '/metrics' });
    expect(response.headers['content-type']).toMatch(/^text\/plain/);
    expect(response.body).toContain('facilitator_payments_in_flight{network="eip155:8453"} 4');
    expect(response.body).toContain('facilitator_network_open{network="eip155:8453"} 1');
    expect(response.body).toContain('facilitator_network_open{network="eip155:84532"} 0');
    expect(response.body).toContain('facilitator_network_writing{network="eip155:8453"} 1');
    expect(response.body).toContain('facilitator_network_writing{network="eip155:84532"} 0');
    expect(response.body).toContain(
      'facilitator_http_requests_total{method="GET",route="/settlements/:id",status="404"} 1',
    );
    expect(response.body).toContain('facilitator_http_requests_total{method="GET",route="unknown",status="404"} 1');
    expect(response.body).toContain('facilitator_http_requests_total{method="POST",route="/verify",status="400"} 1');
    expect(response.body).not.toMatch(/0x1234567890|such/);
  });
});
