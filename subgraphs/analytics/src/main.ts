import { runService } from '@ates/kit/service';
import { analytics } from './service.ts';

await runService(analytics);
