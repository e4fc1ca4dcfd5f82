import { Command, InvalidArgumentError } from 'commander';

/** What the commands do, apart from how they are called. Each returns its exit code. */
export interface Actions {
  run(file: string, jobs: readonly string[], options: RunCommandOptions): Promise<number>;
}

export interface RunCommandOptions {
  readonly concurrency?: number;
  readonly logs?: string;
  readonly failFast?: boolean;
  readonly json?: boolean;
}

/** The command line of jobd. @returns the exit code of the command. */
export async function callProgram(argv: readonly string[], actions: Actions): Promise<number> {
  let exitCode = 0;
  const program = new Command('jobd')
    .description('Runs jobs as processes: in the order of their needs, several at a time.')
    .exitOverride()
    .showHelpAfterError('(jobd --help shows how it is called)');
  program
    .command('run')
    .description('run the jobs of a file, and wait for all of them')
    .argument('<file>', 'a job file, in YAML or JSON')
    .argument('[jobs...]', 'only these jobs, and those they need')
    .option('-j, --concurrency <number>', 'how many jobs run at a time, instead of what the file says', wholeNumber)
    .option('-l, --logs <folder>', 'where the log files go (default: .jobd/<name of the file>, beside the file)')
    .option('--fail-fast', 'end all jobs as soon as one has failed')
    .option('--json', 'write one JSON object per line')
    .action(async (file: string, jobs: string[], options: RunCommandOptions) => {
      exitCode = await actions.run(file, jobs, options);
    });
  await program.parseAsync(argv, { from: 'user' });
  return exitCode;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return number;
}
