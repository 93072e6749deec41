import { encode } from '../commands/encode.js';
import { throwProblems, type Problem } from '../errors.js';
import type { Invocation } from './command.js';
import { ProgressPrinter } from './progress.js';

export async function execute(invocation: Invocation): Promise<number> {
  const { options, out } = invocation;
  const { model = [], input, output } = options;
  const problems: Problem[] = [];
  const needs = (option: string, fix: string) => problems.push({ where: option, what: 'is missing.', fix });
  if (model.length !== 1)
    problems.push({
      where: '--model',
      what: `names ${model.length} models, expected one.`,
      fix: 'give -m MODEL once.',
    });
  if (input === undefined) needs('--input', 'name a .jsonl or .txt file of texts.');
  if (output === undefined) needs('--output', 'name the file to write, .npy or .arrow (-o FILE).');
  throwProblems(problems);
  const progress = new ProgressPrinter(invocation, {
    ...options,
    // With --json only the end is told, by this command itself.
    json: false,
    quiet: options.quiet === true || options.json === true,
  });
  try {
    const report = await encode({
      ...options,
      model: model[0],
      input: input as string,
      output: output as string,
      onEvent: progress.onEvent,
      signal: invocation.signal,
    });
    progress.clear();
    const { texts, dims, tokens, truncated, prompt } = report;
    if (options.json === true)
      out(
        `${JSON.stringify({ event: 'done', output, model: report.model.id, texts, dims, tokens, truncated, prompt })}\n`,
      );
    else
      out(
        `${texts} texts, ${dims} dimensions${truncated === null || truncated === 0 ? '' : `, ${truncated} cut`}: ${output}\n`,
      );
    return 0;
  } finally {
    progress.clear();
  }
}
