import { type Client, isGraphqlError } from './graphqlClient.ts';

/** A user who is signed in. */
export interface Session {
  readonly user: SessionUser;
  /** Returns an access token that is valid for some time. Renews it first where it expires soon. */
  token(): Promise<string>;
  /**
   * Returns another token in place of `refused`, which the server has not accepted. Callers that were refused at the
   * same time share one renewal: a refresh token works once, and using it twice ends the session (rule 1).
   */
  renew(refused: string): Promise<string>;
}

export interface SessionUser {
  readonly id: string;
  readonly name: string;
  readonly role: string;
}

interface SessionPayload {
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string | null;
  user: SessionUser;
}

const sessionFields = 'accessToken accessTokenExpiresAt refreshToken user { id name role }';
const logInDocument = `mutation LogIn($login: String!, $beakShape: String!) {
  session: login(login: $login, beakShape: $beakShape) { ${sessionFields} }
}`;
const refreshDocument = `mutation RefreshSession($refreshToken: String!) {
  session: refreshSession(refreshToken: $refreshToken) { ${sessionFields} }
}`;

/** How long before its end a token is renewed, in milliseconds. */
const renewBeforeMs = 60_000;
/** The least time that a new token is used, in milliseconds: a fast clock would else renew it at every request. */
const useAtLeastMs = 30_000;

/**
 * Signs a user in with the shape of the beak.
 * @throws GraphqlError UNAUTHENTICATED where login or shape is wrong, TOO_MANY_REQUESTS after too many wrong ones.
 */
export async function logIn(
  client: Client,
  login: string,
  beakShape: string,
  now: () => number = Date.now,
): Promise<Session> {
  const first = await client.request<{ session: SessionPayload }>(logInDocument, { login, beakShape });
  let current = first.session;
  let renewAt = 0;
  let renewal: Promise<string> | undefined;

  const take = (session: SessionPayload): string => {
    const receivedAt = now();
    current = session;
    renewAt = Math.max(Date.parse(session.accessTokenExpiresAt) - renewBeforeMs, receivedAt + useAtLeastMs);
    return session.accessToken;
  };
  const renewNow = (): Promise<string> => {
    renewal ??= client
      .request<{ session: SessionPayload }>(refreshDocument, { refreshToken: current.refreshToken })
      .then(({ session }) => take(session))
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  take(first.session);
  return {
    user: first.session.user,
    token: async () => (now() < renewAt ? current.accessToken : renewNow()),
    renew: async (refused) => (refused === current.accessToken ? renewNow() : current.accessToken),
  };
}

/**
 * Runs an operation as the user of the session. A token that is refused is renewed once: the server decides whether a
 * token is valid, not our clock.
 */
export async function requestAs<T>(
  client: Client,
  session: Session,
  document: string,
  variables: Record<string, unknown> = {},
): Promise<T> {
  const token = await session.token();
  try {
    return await client.request<T>(document, variables, token);
  } catch (error) {
    if (!isGraphqlError(error, 'UNAUTHENTICATED')) throw error;
    return client.request<T>(document, variables, await session.renew(token));
  }
}
