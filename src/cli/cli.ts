import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions } from '../commands/read-options.js';
import { nearestName } from '../definitions/nearest-name.js';
import { packageRoot } from '../definitions/package-root.js';
import { formatProblem, MachineError, type Problem, UserError } from '../errors.js';
import type { Command, Invocation } from './command.js';
import { COMMANDS } from './commands.js';
import { commandHelp, overview } from './help.js';
import { parseArguments, type ParsedArguments } from './parse-arguments.js';

const EXIT = { done: 0, failure: 1, wrongInput: 2, interrupted: 130 } as const;

/**
 * The command line: finds the command, reads its options, calls it.
 *
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  const out = (text: string): void => void process.stdout.write(text);
  const err = (text: string): void => void process.stderr.write(text);
  // A reader that leaves early (`| head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    const fix = 'see whether the disk is full; results that were written stay.';
    err(`${formatProblem({ where: 'standard output', what: `cannot be written: ${error.message}.`, fix })}\n`);
    process.exit(EXIT.failure);
  });
  const parsed = readArguments(args);
  const [name, ...operands] = parsed.operands;
  if (parsed.version && name === undefined) {
    out(`${version()}\n`);
    return EXIT.done;
  }
  if (name === undefined) {
    (parsed.help ? out : err)(overview(version()));
    return parsed.help ? EXIT.done : EXIT.wrongInput;
  }
  const command = Object.hasOwn(COMMANDS, name) ? (COMMANDS as Record<string, Command>)[name] : undefined;
  if (command === undefined) {
    const nearest = nearestName(name, Object.keys(COMMANDS));
    const fix = nearest === undefined ? 'see jmteb --help.' : `did you mean "jmteb ${nearest}"?`;
    err(`${formatProblem({ where: 'jmteb', what: `there is no command "${name}".`, fix })}\n`);
    return EXIT.wrongInput;
  }
  if (parsed.help) {
    out(commandHelp(command));
    return EXIT.done;
  }
  return call(name, command, { ...parsed, operands }, out, err);
}

/** `jmteb help run` is `jmteb run --help`. */
function readArguments(args: readonly string[]): ParsedArguments {
  const parsed = parseArguments(args);
  const [first, ...rest] = parsed.operands;
  return first === 'help' ? { ...parsed, operands: rest, help: true } : parsed;
}

async function call(
  name: string,
  command: Command,
  { given, operands }: ParsedArguments,
  out: Invocation['out'],
  err: Invocation['err'],
): Promise<number> {
  const { values, problems } = readOptions({ given, environment: process.env, allowed: command.options });
  const faults = [...problems, ...operandProblems(name, command, operands)];
  if (faults.length > 0) {
    err(`${faults.map(formatProblem).join('\n')}\n`);
    return EXIT.wrongInput;
  }
  const { signal, release } = stopOnRequest(err);
  const terminal = {
    stdout: process.stdout.isTTY === true,
    stderr: process.stderr.isTTY === true,
    // Some terminals that are none say 0.
    columns: process.stderr.columns || 80,
  };
  try {
    const { execute } = await command.load();
    return await execute({ operands, options: values, out, err, terminal, signal });
  } catch (thrown) {
    if (thrown instanceof UserError) {
      err(`${thrown.message}\n`);
      return EXIT.wrongInput;
    }
    if (thrown instanceof MachineError) {
      err(`${thrown.message}\n`);
      return EXIT.failure;
    }
    if (signal.aborted && (thrown as { name?: unknown } | null)?.name === 'AbortError') return EXIT.interrupted;
    err(`jmteb failed; this is a fault of the program. Please report it with the lines below.\n`);
    err(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
    return EXIT.failure;
  } finally {
    release();
  }
}

function operandProblems(
  name: string,
  { operands: [least, most], usage }: Command,
  given: readonly string[],
): Problem[] {
  if (given.length >= least && given.length <= most) return [];
  const extra = given.slice(most).map((operand) => `"${operand}"`);
  const what = given.length < least ? 'an operand is missing.' : `cannot use ${extra.join(', ')}.`;
  return [{ where: `jmteb ${name}`, what, fix: `usage: ${usage}` }];
}

/** The first Ctrl-C asks to stop, the second one leaves at once. */
function stopOnRequest(err: Invocation['err']): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    err('\nstopping after the shard in hand; press Ctrl-C again to leave at once\n');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

function version(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
