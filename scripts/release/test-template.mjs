// `npm run test:template`: the template alone, with the packages as they would be published now.
import { join } from 'node:path';
import { rehearse } from './rehearsal.mjs';
import { tryTemplate } from './template.mjs';

await rehearse(async ({ work, registry, tree }) => {
  if (tree.hasChangesets()) await tree.release();
  await tree.publish();
  await tryTemplate(join(work, 'repository'), registry, join(work, 'my-service'));
});
