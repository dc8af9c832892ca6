import { Cluster, type ClusterOptions, Redis } from 'ioredis';

/** Where Redis is: the URL of a server, or of any node of a Redis Cluster. */
export interface RedisLocation {
  readonly url: string;
  readonly cluster: boolean;
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
