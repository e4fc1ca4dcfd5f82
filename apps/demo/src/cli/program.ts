import { Command, InvalidArgumentError, Option } from 'commander';

/** The commands, apart from their command lines. Each returns its exit code. */
export interface Actions {
  run(file: string, jobs: readonly string[], options: RunCommandOptions): Promise<number>;
  serve(config: string, options: ServeOptions): Promise<number>;
  submit(file: string, jobs: readonly string[], options: SubmitOptions): Promise<number>;
  list(run: number | undefined, options: ClientOptions): Promise<number>;
  cancel(target: string, options: ClientOptions): Promise<number>;
  tail(job: string, options: ClientOptions): Promise<number>;
}

export interface RunCommandOptions {
  readonly concurrency?: number;
  readonly logs?: string;
  readonly failFast?: boolean;
  readonly json?: boolean;
}

export interface ServeOptions {
  /** The URL of a Redis whose runs this daemon shares with others. */
  readonly engine?: string;
}

/** The address of the daemon, and files: the token or certificate of the client and, for TLS, the authority it trusts. */
export interface ClientOptions {
  readonly address?: string;
  readonly token?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export interface SubmitOptions extends ClientOptions {
  readonly wait?: boolean;
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
  program
    .command('serve')
    .description('run jobs for others, until a signal ends it')
    .argument('<config>', 'a configuration, in YAML or JSON')
    .addOption(new Option('--engine <url>', 'share the runs with other daemons, on this Redis').env('JOBD_ENGINE'))
    .action(async (config: string, options: ServeOptions) => {
      exitCode = await actions.serve(config, options);
    });
  clientCommand(program, 'submit')
    .description('give the jobs of a file to a daemon')
    .argument('<file>', 'a job file, in YAML or JSON')
    .argument('[jobs...]', 'only these jobs, and those they need')
    .option('-w, --wait', 'show what they write, and wait for their end')
    .action(async (file: string, jobs: string[], options: SubmitOptions) => {
      exitCode = await actions.submit(file, jobs, options);
    });
  clientCommand(program, 'list')
    .description('show the jobs of a daemon')
    .argument('[run]', 'only those of this run', wholeNumber)
    .option('--json', 'as JSON')
    .action(async (run: number | undefined, options: ClientOptions) => {
      exitCode = await actions.list(run, options);
    });
  clientCommand(program, 'cancel')
    .description('cancel a run (3), or one job of it (3/build)')
    .argument('<target>')
    .action(async (target: string, options: ClientOptions) => {
      exitCode = await actions.cancel(target, options);
    });
  clientCommand(program, 'tail')
    .description('show what a job (3/build) writes, until it ends')
    .argument('<job>')
    .action(async (job: string, options: ClientOptions) => {
      exitCode = await actions.tail(job, options);
    });
  await program.parseAsync(argv, { from: 'user' });
  return exitCode;
}

function clientCommand(program: Command, name: string): Command {
  const option = (flags: string, text: string, variable: string): Option => new Option(flags, text).env(variable);
  return program
    .command(name)
    .addOption(option('-a, --address <address>', 'a path, tcp://host:port or tls://host:port', 'JOBD_ADDRESS'))
    .addOption(
      option('--token <file>', 'TCP, TLS: the token of the daemon, if it is not where it usually is', 'JOBD_TOKEN'),
    )
    .addOption(option('--ca <file>', 'TLS: who signs the certificate of the daemon', 'JOBD_CA'))
    .addOption(option('--cert <file>', 'TLS: the certificate to show to the daemon', 'JOBD_CERT'))
    .addOption(option('--key <file>', 'TLS: the key of the certificate', 'JOBD_KEY'));
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return number;
}
