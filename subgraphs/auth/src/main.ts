import { runService } from '@ates/kit/service';
import { auth } from './service.ts';

await runService(auth);
