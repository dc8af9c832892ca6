import { Cluster, type ClusterOptions, Redis } from 'ioredis';
import { flag, url } from './settings.ts';

/** The URL of a Redis server, or of any node of a Redis Cluster. */
export interface RedisLocation {
  readonly url: string;
  readonly cluster: boolean;
}

/** Settings of every process that uses Redis. */
export const redisSettings = {
  /** Redis or Valkey: a server, or a node of a Redis Cluster. */
  REDIS_URL: url('redis', 'rediss').optional(),
  /** Whether REDIS_URL is a node of a Redis Cluster. */
  REDIS_CLUSTER: flag().default(false),
};

/** Returns where Redis is; undefined where the settings name none. */
export function redisOf(settings: {
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER: boolean;
}): RedisLocation | undefined {
  return settings.REDIS_URL ? { url: settings.REDIS_URL, cluster: settings.REDIS_CLUSTER } : undefined;
}

/** How long a producer waits for the answer to a command, in milliseconds. A server may hang without closing. */
const commandTimeoutMs = 10_000;

/**
 * Connects to Redis. `impatient` is for producers: a command fails at once while Redis is away, and its caller undoes what
 * it began. `patient` is for consumers, which wait until Redis is back.
 */
export function connectRedis(location: RedisLocation, manner: 'impatient' | 'patient'): Redis | Cluster {
  const maxRetriesPerRequest = manner === 'impatient' ? 1 : null;
  const enableOfflineQueue = manner === 'patient';
  // Not for consumers: their commands wait for the next message.
  const bounds = manner === 'impatient' ? { commandTimeout: commandTimeoutMs } : {};
  if (!location.cluster)
    return new Redis(location.url, { maxRetriesPerRequest, enableOfflineQueue, ...bounds });
  const { protocol, hostname, port, username, password } = new URL(location.url);
  const options: ClusterOptions = {
    enableOfflineQueue,
    // Not resolved to an address: the nodes' certificates are for their names.
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: {
      maxRetriesPerRequest,
      ...bounds,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  };
  return new Cluster([{ host: hostname, port: Number(port || 6379) }], options);
}
