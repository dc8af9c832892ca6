import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Log } from '../process/log.ts';
import { SettingError, secret } from '../process/settings.ts';

/** Settings of what a subgraph knows its gateway by. */
export const gatewaySecretSettings = {
  /** What the gateway proves itself with to this subgraph, and to no other: its `SUBGRAPH_SECRET_<NAME>`. */
  GATEWAY_SECRET: secret().optional(),
  /** Is taken as well: the next `GATEWAY_SECRET`, while gateways are switched to it one after the other. */
  GATEWAY_SECRET_NEXT: secret().optional(),
  /** In place of `GATEWAY_SECRET`, one secret for all parts. Each of them can then speak to the others as the gateway. */
  INTERNAL_SECRET: secret().optional(),
};

/**
 * The secrets that a subgraph takes its gateway by: the current one and, where there is one, the next. Warns where the
 * current one is `INTERNAL_SECRET`, which is not taken beside a `GATEWAY_SECRET`.
 * @throws SettingError where there is none.
 */
export function secretsOfGateway(
  settings: {
    GATEWAY_SECRET?: string | undefined;
    GATEWAY_SECRET_NEXT?: string | undefined;
    INTERNAL_SECRET?: string | undefined;
  },
  log: Log,
): readonly string[] {
  const current = settings.GATEWAY_SECRET ?? settings.INTERNAL_SECRET;
  if (current === undefined) {
    throw new SettingError(
      'GATEWAY_SECRET is not set: a secret of at least 16 characters is needed, the SUBGRAPH_SECRET_<NAME> of the gateway.',
    );
  }
  if (settings.GATEWAY_SECRET === undefined) {
    log.warn(
      'INTERNAL_SECRET is all that the gateway is known by, and every part that has it can pass for the gateway: set GATEWAY_SECRET to a secret of its own, and SUBGRAPH_SECRET_<NAME> in the gateway to the same.',
    );
  }
  return settings.GATEWAY_SECRET_NEXT === undefined ? [current] : [current, settings.GATEWAY_SECRET_NEXT];
}

/** Whether a request carries one of the secrets; compared with each in constant time. */
export function holdsSecret(request: IncomingMessage, secrets: readonly string[]): boolean {
  const given = Buffer.from(String(request.headers['x-internal-secret'] ?? ''));
  return secrets.some((secret) => {
    const wanted = Buffer.from(secret);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}
