import { createJimp } from '@jimp/core';
import jpeg from '@jimp/js-jpeg';
import * as resize from '@jimp/plugin-resize';

/** Only what is used of it. */
export const Jimp = createJimp({ formats: [jpeg], plugins: [resize.methods] });
