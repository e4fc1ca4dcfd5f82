#!/usr/bin/env node
import { main } from '@tercet/proc';
import { Event } from '@tercet/sync';
import { jobd } from './cli/jobd.ts';

// The first Ctrl-C or SIGTERM ends a daemon softly; any other command is cancelled by it.
const stopRequest = new Event();
const isDaemon = process.argv[2] === 'serve';
await main((argv) => jobd(argv, stopRequest), isDaemon ? { shutdown: () => stopRequest.set() } : {});
