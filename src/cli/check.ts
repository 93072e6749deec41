import { appendFile } from 'node:fs/promises';
import { check } from '../commands/check.js';
import { REPORTERS, type ReporterName } from '../compare/report-gate.js';
import { UserError } from '../errors.js';
import { writeAtomically } from '../write-atomically.js';
import type { Invocation } from './command.js';

const READ_BY_PROGRAMS = new Set<ReporterName>(['json', 'junit']);

const EXIT = { passed: 0, failed: 3, incomplete: 4 } as const;

export async function execute({ operands: [run], options, out, err }: Invocation): Promise<number> {
  const given = reporterNames(options.reporter ?? (options.json === true ? [] : ['default']));
  const files = outputFiles(options.outputFile ?? [], given.length > 0 ? given : ['json']);
  const inActions = process.env.GITHUB_ACTIONS === 'true';
  const asked = options.json === true ? [...given, 'json' as const] : given;
  const names = new Set(inActions ? [...asked, 'github' as const] : asked);
  // Actions reads annotations on either stream; what a program reads from stdout stays whole.
  const isRead = [...names].some((name) => READ_BY_PROGRAMS.has(name) && !files.has(name));
  const report = await check({ ...options, run });
  for (const name of names) {
    const text = REPORTERS[name](report);
    const file = files.get(name);
    if (file !== undefined) await writeAtomically(file, text);
    else if (isRead && !READ_BY_PROGRAMS.has(name)) err(text);
    else out(text);
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
      const [other] = Object.keys(REPORTERS).filter((reporter) => text.startsWith(`${reporter}=`));
      if (other !== undefined) {
        const what = `"${text}" is for a reporter that was not asked for.`;
        throw new UserError({ where: '--output-file', what, fix: `add --reporter ${other}.` });
      }
      if (names.length === 1) return [names[0], text] as const;
      const what = `"${text}" does not say which reporter writes there.`;
      throw new UserError({ where: '--output-file', what, fix: `write ${names.at(-1)}=${text}.` });
    }),
  );
}
