import { Cluster, type ClusterOptions, Redis } from 'ioredis';
import { flag, url } from './settings.ts';

/** Where Redis is: the URL of a server, or of any node of a Redis Cluster. */
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

/** Where the settings say that Redis is; undefined where there is none. */
export function redisOf(settings: {
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER: boolean;
}): RedisLocation | undefined {
  return settings.REDIS_URL ? { url: settings.REDIS_URL, cluster: settings.REDIS_CLUSTER } : undefined;
}

/** How long a producer waits for the answer to a command, in milliseconds: a peer that went mute never gives one. */
const commandTimeoutMs = 10_000;

/**
 * Connects to Redis. `impatient` is for producers: a command fails at once while Redis is away, and its caller gives
 * back what it has taken. `patient` is for those that wait for something to come: they wait out any absence.
 */
export function connectRedis(location: RedisLocation, manner: 'impatient' | 'patient'): Redis | Cluster {
  const maxRetriesPerRequest = manner === 'impatient' ? 1 : null;
  const enableOfflineQueue = manner === 'patient';
  // Not for the patient: theirs are commands that wait for something to come.
  const bounds = manner === 'impatient' ? { commandTimeout: commandTimeoutMs } : {};
  if (!location.cluster)
    return new Redis(location.url, { maxRetriesPerRequest, enableOfflineQueue, ...bounds });
  const { protocol, hostname, port, username, password } = new URL(location.url);
  const options: ClusterOptions = {
    enableOfflineQueue,
    // Nodes name each other; a certificate is for the name, not for the address it stands for.
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
