import { runProcess } from '@ates/kit/process/runProcess';
import { readGatewaySettings } from './settings.ts';
import { startGateway } from './startGateway.ts';

await runProcess('gateway', (environment, log) => startGateway(readGatewaySettings(environment), log));
