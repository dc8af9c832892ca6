import { type Client, isGraphqlError } from './graphqlClient.ts';

/** Somebody who is signed in. */
export interface Session {
  readonly user: SessionUser;
  /** An access token that still holds for a while; renewed first where the one at hand nears its end. */
  token(): Promise<string>;
  /**
   * Another token than `refused`, which the server would not take. Callers that were refused at the same time share
   * one renewal: a refresh token works once, and using it twice ends the session (rule 1).
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
/** How long a fresh token is used at least, in milliseconds: a clock that is fast would else renew at every request. */
const useAtLeastMs = 30_000;

/**
 * Signs in with the shape of one's beak.
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
 * Runs an operation as whoever is signed in. A token that is refused is renewed once: the server's word on a token
 * counts for more than our clock.
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
