import { main } from '@tercet/proc';
import { openService } from './service.js';

const port = Number(process.env['PORT'] ?? 3000);

// The first SIGINT or SIGTERM lets the requests that are being answered end, for at most ten seconds. The next one cancels
// them, and what they have opened is closed nevertheless.
await main(() => openService({ port }), { grace: { seconds: 10 } });
