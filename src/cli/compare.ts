import { compare } from '../commands/compare.js';
import { writeAtomically } from '../write-atomically.js';
import type { Invocation } from './command.js';

export async function execute({ operands, options, out, terminal }: Invocation): Promise<number> {
  const { format, json, output, resamples, seed, confidence } = options;
  const { text } = await compare({
    runs: operands,
    format: json === true ? 'json' : format,
    style: terminal.stdout && output === undefined ? 'ruled' : 'plain',
    resamples,
    seed,
    confidence,
  });
  if (output === undefined) out(text);
  else {
    await writeAtomically(output, text);
    out(`${output}\n`);
  }
  return 0;
}
