import { totalmem } from 'node:os';

/** How the embedded PostgreSQL is to run. */
export interface PostgresSettings {
  /** False gives up what survives a crash of the machine for speed: for tests. */
  readonly durable: boolean;
  /** Counts what every statement costs, in the view `pg_stat_statements` of database `postgres`. */
  readonly statementStatistics: boolean;
}

/**
 * What PostgreSQL keeps of its tables, in MiB: between 128 and 1,024. A million tasks with their ledger have a working
 * set of about that; with 256 a reassignment of them took a sixth longer.
 */
export const sharedBuffersMb = (totalBytes: number): number =>
  Math.min(1_024, Math.max(128, Math.floor(totalBytes / 8 / 1024 ** 2)));

/** The server's settings where PostgreSQL's own default doesn't fit one system on a machine of two cores or so. */
export function postgresSettings({ durable, statementStatistics }: PostgresSettings): Record<string, string> {
  return {
    // Reached by this machine's processes only. No socket file: its path may be too long, or another's.
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Six processes with pools, listeners of the queues, and room for a second set of them.
    max_connections: '300',
    // An eighth of the memory, taken only as far as it is filled; a cluster made for one test run holds little.
    shared_buffers: durable ? `${sharedBuffersMb(totalmem())}MB` : '64MB',
    // Days and billing periods are computed with an explicit zone; everything else is UTC everywhere.
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Checkpoints seldom and spread out, as each makes the next write of every page a full-page image.
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // Full-page images shrink to a third for a little processor time.
    wal_compression: 'on',
    // Queries here take milliseconds; compiling them takes longer than it saves.
    jit: 'off',
    // Outbox and inbox tables are written and emptied all the time and would bloat within the default minute.
    autovacuum_naptime: '10s',
    // Two cores have better things to do, and parallel plans need more of /dev/shm than containers have.
    max_parallel_workers_per_gather: '0',
    // Statements carry secrets (a password's hash, a beak's shape) and don't belong in a log.
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...(statementStatistics ? { shared_preload_libraries: 'pg_stat_statements' } : {}),
  };
}
