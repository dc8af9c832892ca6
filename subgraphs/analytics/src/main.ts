import { runProcess } from '@ates/kit/process';
import { readSettings } from '@ates/kit/settings';
import { startAnalytics } from './server.ts';
import { analyticsSettings } from './settings.ts';

await runProcess('analytics', async (environment, log) => {
  const analytics = await startAnalytics(readSettings(analyticsSettings, environment), log);
  return { info: { url: analytics.url, internalPort: analytics.internalPort }, stop: analytics.stop };
});
