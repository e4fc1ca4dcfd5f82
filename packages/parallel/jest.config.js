import { forPackage } from '../../jest.preset.js';

export default { ...forPackage(import.meta.dirname), globalSetup: './scripts/build-worker.mjs' };
