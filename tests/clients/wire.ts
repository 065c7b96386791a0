/** The wire between a buyer and a shop, with somebody on it who sees each payment and may bend it. */

/** A payment as clients encode it, as far as these tests bend it. */
export type Header = { payload: { authorization: { value: string } } };

export type Wire = {
  readonly fetch: typeof fetch;
  /** The payment headers that went over it, in order. */
  readonly sent: readonly string[];
};

export function wire(
  headerName: 'payment-signature' | 'x-payment',
  bend: (header: Header) => void = () => undefined,
): Wire {
  const sent: string[] = [];
  return {
    sent,
    fetch(input, init) {
      const request = new Request(input, init);
      const header = request.headers.get(headerName);
      if (header === null) return fetch(request);
      const payment: Header = JSON.parse(Buffer.from(header, 'base64').toString());
      bend(payment);
      const bent = Buffer.from(JSON.stringify(payment)).toString('base64');
      request.headers.set(headerName, bent);
      sent.push(bent);
      return fetch(request);
    },
  };
}
