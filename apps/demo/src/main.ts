#!/usr/bin/env node
import { main } from '@tercet/proc';
import { jobd } from './cli/jobd.ts';

// The first Ctrl-C or SIGTERM shuts a daemon down: its configuration says how long that may take. It cancels other commands.
const isDaemon = process.argv[2] === 'serve';
await main(jobd, isDaemon ? { grace: Infinity } : {});
