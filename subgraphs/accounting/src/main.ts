import { runService } from '@ates/kit/service';
import { accounting } from './service.ts';

await runService(accounting);
