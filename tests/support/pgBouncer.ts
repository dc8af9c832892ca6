import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAccount } from '@ates/system/stores/account';
import { freePort } from '@ates/system/stores/freePort';

/** A pooler that gives each transaction any server connection that is free. */
export interface PgBouncer {
  /** Returns the URL of the same database and role through the pooler. */
  through(databaseUrl: string): string;
  stop(): Promise<void>;
}

/** True where Debian's package, or another, has put `pgbouncer` on PATH or into /usr/sbin. */
export const hasPgBouncer = (): boolean => program() !== undefined;

function program(): string | undefined {
  for (const candidate of ['pgbouncer', '/usr/sbin/pgbouncer']) {
    try {
      execFileSync(candidate, ['--version'], { stdio: 'ignore' });
      return candidate;
    } catch {
      // Tries the next one.
    }
  }
  return undefined;
}

/**
 * Starts PgBouncer in transaction mode in front of the server that the URLs lead to, with few server connections, so
 * that clients share them all the time.
 */
export async function startPgBouncer(databaseUrls: readonly string[]): Promise<PgBouncer> {
  const directory = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
  const port = await freePort();
  const server = new URL(databaseUrls[0] as string);
  const users = databaseUrls.map((url) => new URL(url));
  writeFileSync(
    join(directory, 'users.txt'),
    users.map(({ username, password }) => `"${username}" "${decodeURIComponent(password)}"\n`).join(''),
  );
  writeFileSync(
    join(directory, 'pgbouncer.ini'),
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${directory}/users.txt
pool_mode = transaction
default_pool_size = 6
max_client_conn = 1000
`,
  );
  chmodSync(directory, 0o755);
  // PgBouncer refuses to run as root.
  const account = serverAccount(directory);
  const child = spawn(program() as string, [join(directory, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  await untilListening(child, port, () => output);
  return {
    through(databaseUrl) {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilListening(child: ChildProcess, port: number, output: () => string): Promise<void> {
  for (const end = Date.now() + 10_000; ; ) {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended: ${output()}`);
    const socket = connect(port, '127.0.0.1');
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (connected) return;
    if (Date.now() > end) throw new Error(`pgbouncer does not listen: ${output()}`);
    await sleep(50);
  }
}
