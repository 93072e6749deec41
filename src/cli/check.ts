import { appendFile } from 'node:fs/promises';
import { check } from '../commands/check.js';
import { REPORTERS, type ReporterName } from '../compare/report-gate.js';
import { UserError } from '../errors.js';
import { writeAtomically } from '../write-atomically.js';
import type { Invocation } from './command.js';

const EXIT = { passed: 0, failed: 3, incomplete: 4 } as const;

export async function execute({ operands: [run], options, out }: Invocation): Promise<number> {
  const names = reporterNames(options.reporter ?? (options.json === true ? ['json'] : ['default']));
  const files = outputFiles(options.outputFile ?? [], names);
  const report = await check({ ...options, run });
  const inActions = process.env.GITHUB_ACTIONS === 'true';
  const all = inActions && !names.includes('github') && !options.json ? [...names, 'github' as const] : names;
  for (const name of all) {
    const text = REPORTERS[name](report);
    const file = files.get(name);
    if (file === undefined) out(text);
    else await writeAtomically(file, text);
  }
  const summary = process.env.GITHUB_STEP_SUMMARY;
  // Other steps write to the same file.
  if (inActions && summary) await appendFile(summary, `${REPORTERS.markdown(report)}\n`);
  return EXIT[report.verdict];
}

function reporterNames(given: readonly string[]): ReporterName[] {
  const names = [...new Set(given)];
  const unknown = names.filter((name) => !Object.hasOwn(REPORTERS, name));
  if (unknown.length === 0) return names as ReporterName[];
  const fix = `use one of ${Object.keys(REPORTERS).join(', ')}.`;
  throw new UserError(unknown.map((name) => ({ where: '--reporter', what: `there is no reporter "${name}".`, fix })));
}

/** `junit=path` names the reporter; a path alone is for the only one. */
function outputFiles(given: readonly string[], names: readonly ReporterName[]): Map<ReporterName, string> {
  return new Map(
    given.map((text) => {
      const name = names.find((reporter) => text.startsWith(`${reporter}=`));
      if (name !== undefined) return [name, text.slice(name.length + 1)] as const;
      if (names.length === 1) return [names[0], text] as const;
      const what = `"${text}" does not say which reporter writes there.`;
      throw new UserError({ where: '--output-file', what, fix: `write ${names.at(-1)}=${text}.` });
    }),
  );
}
