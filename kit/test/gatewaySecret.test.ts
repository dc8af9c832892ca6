import { pino } from 'pino';
import { expect, test } from 'vitest';
import { secretsOfGateway } from '../src/graph/gatewaySecret.ts';

const [own, next, shared] = ['a secret of its own', 'the next one of those', 'a secret of everybody'];

function choose(settings: Parameters<typeof secretsOfGateway>[0]) {
  const warnings: string[] = [];
  const write = (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg);
  return { secrets: secretsOfGateway(settings, pino({ level: 'warn' }, { write })), warnings };
}

test('a gateway is known by the secret of its own and by the next one', () => {
  expect(choose({ GATEWAY_SECRET: own })).toEqual({ secrets: [own], warnings: [] });
  expect(choose({ GATEWAY_SECRET: own, GATEWAY_SECRET_NEXT: next })).toEqual({
    ...{ secrets: [own, next], warnings: [] },
  });
});

test('by INTERNAL_SECRET where there is no other, which is warned of once', () => {
  const warnings = [expect.stringMatching(/^INTERNAL_SECRET is all .* set GATEWAY_SECRET /)];
  expect(choose({ INTERNAL_SECRET: shared })).toEqual({ secrets: [shared], warnings });
  // The first step from INTERNAL_SECRET to GATEWAY_SECRET without a stop.
  expect(choose({ INTERNAL_SECRET: shared, GATEWAY_SECRET_NEXT: own })).toEqual({
    ...{ secrets: [shared, own], warnings },
  });
});

test('and never by INTERNAL_SECRET beside its own', () => {
  expect(choose({ INTERNAL_SECRET: shared, GATEWAY_SECRET: own })).toEqual({ secrets: [own], warnings: [] });
});

test('without any the start ends with a sentence', () => {
  expect(() => choose({})).toThrow(/^GATEWAY_SECRET is not set: .*SUBGRAPH_SECRET_<NAME>.*\.$/);
  expect(() => choose({ GATEWAY_SECRET_NEXT: next })).toThrow(/^GATEWAY_SECRET is not set: /);
});
