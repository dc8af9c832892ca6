import { createLog } from '@ates/kit/process/log';
import { startEmbeddedPostgres } from '../../src/stores/embeddedPostgres.ts';
import { startPrivateRedis } from '../../src/stores/privateRedis.ts';

// Tests run this program. It starts a server, prints its address, and holds it until it is killed.
const [kind, directory = ''] = process.argv.slice(2);
const log = createLog('held', 'silent');
try {
  const store =
    kind === 'redis'
      ? await startPrivateRedis({ directory, log })
      : await startEmbeddedPostgres({ directory, durable: false, log });
  console.log(JSON.stringify({ pid: store.pid, url: store.url }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
}
setInterval(() => {}, 60_000);
