import { runService } from '@ates/kit/service';
import { tracker } from './service.ts';

await runService(tracker);
