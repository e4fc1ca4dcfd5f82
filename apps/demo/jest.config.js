import { forPackage } from '../../jest.preset.js';

// Most tests wait for programs that they have started.
export default { ...forPackage(import.meta.dirname), maxWorkers: 2 };
