#!/usr/bin/env node
import { main } from '@tercet/proc';
import { jobd } from './cli/jobd.ts';

await main(jobd);
