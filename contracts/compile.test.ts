import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ARTIFACTS, compile, render, sourceHash } from './compile.ts';

const compiled = compile();

describe('artifacts', () => {
  test('there is one file for each contract and no other', () => {
    expect(readdirSync(ARTIFACTS).sort()).toEqual(compiled.map(({ contract }) => `${contract}.json`));
  });

  test.each(compiled.map((artifact) => [artifact.contract, artifact] as const))(
    '%s.json is current',
    (contract, artifact) => {
      const text = readFileSync(new URL(`${contract}.json`, ARTIFACTS), 'utf8');
      expect(JSON.parse(text).source).toBe(sourceHash());
      expect(text).toBe(render(artifact));
    },
  );
});

test('tokens keep their state in the slots that Circle’s FiatToken uses', () => {
  const tokens = compiled.filter(({ contract }) => contract.endsWith('Token'));
  expect(tokens).toHaveLength(8);
  for (const { slots } of tokens) {
    expect(slots).toMatchObject({
      _paused: 1,
      name: 4,
      symbol: 5,
      decimals: 6,
      _balances: 9,
      _allowances: 10,
      _authorizationStates: 16,
      _permitNonces: 17,
      _version: 18,
    });
  }
});
