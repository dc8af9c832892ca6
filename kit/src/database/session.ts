import pg from 'pg';

/**
 * How long session settings last on a connection. `own`: until it ends, as on a direct connection or through a pooler in
 * session mode. `shared`: for one transaction, since a pooler runs the next one on any free server connection (PgBouncer
 * with `pool_mode=transaction`). There LISTEN does not work, and prepared statements of different clients are mixed up.
 */
export type SessionKind = 'own' | 'shared';

/** How long the check waits for a connection or an answer, in milliseconds. */
const timeoutMs = 5_000;

/** How often it is tried: a pooler may give a client the same server connection several times in a row. */
const rounds = 6;

/**
 * Finds out how long session settings last on a URL, with two connections. While one is in a transaction, the other asks
 * for its server process. If that has changed, a pooler shares the server connections.
 * @throws the connection's error where the database does not answer.
 */
export async function findSessionKind(url: string): Promise<SessionKind> {
  const clients = [0, 1].map(() => {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      application_name: 'session check',
    });
    // The statement that fails reports it.
    client.on('error', () => undefined);
    return client;
  });
  const [asking, holding] = clients as [pg.Client, pg.Client];
  const processOf = async (client: pg.Client): Promise<number> =>
    (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
  try {
    await Promise.all(clients.map((client) => client.connect()));
    const first = await processOf(asking);
    for (let round = 0; round < rounds; round++) {
      await holding.query('begin');
      const held = await processOf(holding);
      const now = await processOf(asking);
      await holding.query('commit');
      if (held === first || now !== first) return 'shared';
    }
    return 'own';
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** Finds the kind of session once; asks again only where the database did not answer. */
export function sessionKindOf(url: string): () => Promise<SessionKind> {
  let found: Promise<SessionKind> | undefined;
  return () => {
    found ??= findSessionKind(url).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}
