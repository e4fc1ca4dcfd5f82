// Runs a package's tests with nothing of Node but what it documents: the way that is taken where the other one is missing.
import { startJest } from './start.mjs';

startJest(process.argv.slice(2), { env: { TERCET_DOCUMENTED_ONLY: '1' } });
