import pg from 'pg';

/**
 * How long what a client sets on its connection holds. `own`: until the connection ends, as on a direct connection or
 * through a pooler that gives each client a server connection of its own. `shared`: for one transaction, since a
 * pooler gives the next one to any server connection that is free (PgBouncer with `pool_mode=transaction`). There
 * LISTEN hears nothing, and a prepared statement is another client's by the same name.
 */
export type SessionKind = 'own' | 'shared';

/** How long a connection or an answer may take while this is found out, in milliseconds. */
const timeoutMs = 5_000;

/** How often the two clients take turns: a pooler may give a client the same server connection a few times in a row. */
const rounds = 6;

/**
 * Finds out how long session state holds on a URL, with two connections. While one is in a transaction the other asks
 * for its server process: a pooler that shares them answers from another process than before.
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
    // Reported by the statement that fails.
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

/** Finds the kind of session once; a database that did not answer is asked again the next time. */
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
