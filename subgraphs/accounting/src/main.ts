import { runProcess } from '@ates/kit/process';
import { readSettings } from '@ates/kit/settings';
import { startAccounting } from './server.ts';
import { accountingSettings } from './settings.ts';

await runProcess('accounting', async (environment, log) => {
  const accounting = await startAccounting(readSettings(accountingSettings, environment), log);
  return { info: { url: accounting.url, internalPort: accounting.internalPort }, stop: accounting.stop };
});
