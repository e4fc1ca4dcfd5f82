#!/usr/bin/env node
console.log('jobd: structured concurrency for your jobs');
