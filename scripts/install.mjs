// Installs the libraries of this repository, if the lock file or the runtime has changed.
// changesets asks for a newer Node than 20, which scripts/changeset.mjs makes good; therefore npm shows no warnings.
import { fileURLToPath } from 'node:url';
import { installLocked } from './npm-ci.mjs';

installLocked(fileURLToPath(new URL('..', import.meta.url)), {
  runtime: [process.platform, process.arch, process.versions.modules].join(),
});
