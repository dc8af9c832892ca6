import { runProcess } from '@ates/kit/process';
import { readSettings } from '@ates/kit/settings';
import { startTracker } from './server.ts';
import { trackerSettings } from './settings.ts';

await runProcess('tracker', async (environment, log) => {
  const tracker = await startTracker(readSettings(trackerSettings, environment), log);
  return { info: { url: tracker.url, internalPort: tracker.internalPort }, stop: tracker.stop };
});
