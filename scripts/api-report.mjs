// Compares the public interface of the current package, as it was built, with the reports that are checked in under api/,
// one for each entry point. With `--update` it writes them instead. A warning in a report names a type that users meet in
// a signature and cannot import.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const update = process.argv.includes('--update');
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.cwd();
const checkedIn = join(folder, 'api');
const made = join(root, 'node_modules', '.tercet-api', basename(folder));
const manifestFile = join(folder, 'package.json');
// The build has checked the declarations; here they only have to be read.
const overrideTsconfig = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: { rootDir: 'dist', customConditions: [], skipLibCheck: true, noEmit: true },
  include: ['dist'],
};
const { name, exports } = JSON.parse(readFileSync(manifestFile, 'utf8'));

const entries = Object.entries(exports)
  .filter(([, target]) => target.types !== undefined)
  .map(([entry, { types }]) => ({
    report: `${entry === '.' ? basename(folder) : entry.slice(2).replaceAll('/', '-')}.api.md`,
    declarations: join(folder, types),
  }));
for (const { declarations } of entries) {
  if (!existsSync(declarations)) fail(`${relative(root, declarations)} is missing: run npm run build first.`);
}

rmSync(made, { recursive: true, force: true });
mkdirSync(made, { recursive: true });
mkdirSync(checkedIn, { recursive: true });
const reports = makeReports();
const known = new Map(readdirSync(checkedIn).map((file) => [file, readFileSync(join(checkedIn, file), 'utf8')]));
const changed = [...reports].filter(([file, text]) => known.get(file) !== text).map(([file]) => file);
const stale = [...known.keys()].filter((file) => !reports.has(file));

if (update) {
  for (const file of changed) writeFileSync(join(checkedIn, file), reports.get(file));
  for (const file of stale) rmSync(join(checkedIn, file));
} else if (changed.length + stale.length > 0) {
  for (const file of [...changed, ...stale]) showDifference(file);
  fail(
    [
      '',
      `The public interface of ${name} is not the one in its API report (${[...changed, ...stale].join(', ')}).`,
      'If that is meant, run',
      '',
      '    npm run api:update',
      '',
      'and commit what it changes below packages/*/api, together with a changeset (npm run changeset).',
    ].join('\n'),
  );
}

/** The text of each report, by its file name. */
function makeReports() {
  const configs = entries.map(configOf);
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: entries.slice(1).map(({ declarations }) => declarations),
  });
  for (const config of configs) {
    const { errorCount } = Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback(message) {
        if (message.logLevel !== 'error') message.handled = true;
      },
    });
    if (errorCount > 0) process.exit(1);
  }
  const texts = entries.map(({ report }) => readFileSync(join(made, report), 'utf8'));
  const declared = /^export (?:abstract )?(?:class|const|function|interface|type) (\w+)/gm;
  const reachable = texts.flatMap((text) => [...text.matchAll(declared)].map(([, symbol]) => symbol));
  return new Map(entries.map(({ report }, index) => [report, withoutWarningsAbout(reachable, texts[index])]));
}

/** Names that another entry point of the package exports are within reach. */
function withoutWarningsAbout(symbols, text) {
  return text
    .replaceAll(new RegExp(`^ *// Warning: .*The symbol "(${symbols.join('|')})" .*\n`, 'gm'), '')
    .replaceAll(/^(?<!\/\/.*\n) *\/\/\n/gm, ''); // the line below a warning
}

function configOf({ report, declarations }) {
  return ExtractorConfig.prepare({
    packageJsonFullPath: manifestFile,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: { overrideTsconfig },
      apiReport: {
        enabled: true,
        reportFileName: report,
        reportFolder: made,
        reportTempFolder: join(made, 'temporary'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: {
          default: { logLevel: 'none' },
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: true },
        },
        // The form of comments is not part of the interface.
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
}

function showDifference(file) {
  const [before, after] = [known.has(file) && join(checkedIn, file), reports.has(file) && join(made, file)];
  if (reports.has(file)) writeFileSync(join(made, file), reports.get(file));
  const args = ['diff', '--no-index', '--no-prefix', '-U2', before || '/dev/null', after || '/dev/null'];
  spawnSync('git', args, { stdio: 'inherit' });
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
