import { totalmem } from 'node:os';

/** How the embedded PostgreSQL runs. */
export interface PostgresSettings {
  /** False is faster, but a crash of the machine may lose the data: for tests. */
  readonly durable: boolean;
  /** Records what every statement costs in the view `pg_stat_statements` of database `postgres`. */
  readonly statementStatistics: boolean;
}

/**
 * Returns the size of PostgreSQL's cache for its tables, in MiB: between 128 and 1,024. A million tasks with their
 * ledger have a working set of about 1,024; with 256, a reassignment of them took a sixth longer.
 */
export const sharedBuffersMb = (totalBytes: number): number =>
  Math.min(1_024, Math.max(128, Math.floor(totalBytes / 8 / 1024 ** 2)));

/** Returns the settings whose PostgreSQL default does not fit one system on a machine of about two cores. */
export function postgresSettings({ durable, statementStatistics }: PostgresSettings): Record<string, string> {
  return {
    // Only this machine's processes can connect. No socket file: its path may be too long, or belong to another server.
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Six processes with their pools, the queues' listeners, and room for a second set of both.
    max_connections: '300',
    // An eighth of the memory, which is taken only as it fills. The server of one test run holds little.
    shared_buffers: durable ? `${sharedBuffersMb(totalmem())}MB` : '64MB',
    // Days and billing periods are computed with an explicit zone; everything else is UTC everywhere.
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Few checkpoints, spread out: after each one, the next write of every page is a full-page image.
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // Full-page images shrink to a third for a little processor time.
    wal_compression: 'on',
    // Queries here take milliseconds; compiling them takes longer than it saves.
    jit: 'off',
    // Outbox and inbox tables are written and emptied all the time and would bloat within the default minute.
    autovacuum_naptime: '10s',
    // Parallel plans take two cores from other work, and they need more of /dev/shm than containers have.
    max_parallel_workers_per_gather: '0',
    // Statements carry secrets (a password's hash, a beak's shape) and don't belong in a log.
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...(statementStatistics ? { shared_preload_libraries: 'pg_stat_statements' } : {}),
  };
}
