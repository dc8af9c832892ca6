import type { OutboxTables } from '@ates/kit/database/outbox';
import type { Role } from '@ates/schema/access';

/** The tables of auth's database. */
export interface AuthTables extends OutboxTables {
  user_account: {
    id: string;
    /** In lower case. */
    login: string;
    name: string;
    email: string;
    role: Role;
    active: boolean;
    /** Increases with every change, so that the newer of two states is known. */
    version: number;
    /** argon2id of the beak's shape. */
    beak_hash: string;
    created_at: Date;
  };
  /** One log-in and the refresh tokens that descend from it: a family. */
  session: { id: string; user_id: string; created_at: Date; ended_at: Date | null };
  refresh_token: {
    /** SHA-256 of the token, in hex. */
    hash: string;
    session_id: string;
    /** The token that was swapped for this one; null for a log-in's first. */
    predecessor: string | null;
    created_at: Date;
    expires_at: Date;
    used_at: Date | null;
  };
  /** Failed log-ins of a login or of an address within a window. */
  login_failure: { subject: string; window_start: Date; failures: number };
  signing_key: { kid: string; private_jwk: string; public_jwk: string; active_from: Date };
}
