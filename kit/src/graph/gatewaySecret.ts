import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Log } from '../process/log.ts';
import { SettingError, secret } from '../process/settings.ts';

/** Settings by which a subgraph knows its gateway. */
export const gatewaySecretSettings = {
  /** The secret that the gateway sends to this subgraph, and to no other: its `SUBGRAPH_SECRET_<NAME>`. */
  GATEWAY_SECRET: secret().optional(),
  /** Is accepted as well: the next `GATEWAY_SECRET`, while the gateways change to it one by one. */
  GATEWAY_SECRET_NEXT: secret().optional(),
  /** One secret for all parts, instead of `GATEWAY_SECRET`. Then each part can act as the gateway towards the others. */
  INTERNAL_SECRET: secret().optional(),
};

/**
 * Returns the secrets that a subgraph accepts: the current one and, if set, the next. `INTERNAL_SECRET` counts only without
 * a `GATEWAY_SECRET`, and is warned of.
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

/** True where a request carries one of the secrets; compared in constant time. */
export function holdsSecret(request: IncomingMessage, secrets: readonly string[]): boolean {
  const given = Buffer.from(String(request.headers['x-internal-secret'] ?? ''));
  return secrets.some((secret) => {
    const wanted = Buffer.from(secret);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}
