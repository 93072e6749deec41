import { throwProblems, type Problem } from '../errors.js';
import { dottedPath } from '../definitions/schema-check.js';

/** Deeper than anything we write; what is nested further is a cycle or an attack. */
const MAX_DEPTH = 64;
const MAX_PROBLEMS = 20;

type Steps = readonly (string | number)[];

/**
 * JSON as we write it: two spaces, keys in the order given, one newline at the end.
 *
 * Only what JSON can say comes through: a NaN written as null and read back as 0 would be a wrong score.
 *
 * @param value plain objects, arrays, strings, booleans, null and finite numbers; undefined fields are left out
 * @param where file that the text is for, named in errors
 * @throws UserError that names the dotted path of every NaN, Infinity, typed array or other thing JSON cannot hold
 */
export function canonicalJson(value: unknown, where: string): string {
  throwProblems(unwritable(value, where));
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Everything in a value that JSON cannot hold, each with its dotted path. */
export function unwritable(value: unknown, where: string): Problem[] {
  const problems: Problem[] = [];
  const report = (steps: Steps, what: string, fix: string) =>
    problems.push({ where, what: `"${dottedPath(steps)}" ${what}`, fix });
  const pending: { value: unknown; steps: Steps }[] = [{ value, steps: [] }];
  while (pending.length > 0 && problems.length < MAX_PROBLEMS) {
    const { value: item, steps } = pending.pop() as { value: unknown; steps: Steps };
    if (item === null || typeof item === 'string' || typeof item === 'boolean') continue;
    if (typeof item === 'number') {
      if (!Number.isFinite(item)) report(steps, `is ${item}`, 'an undefined score is null, with the reason among the warnings');
    } else if (typeof item !== 'object') {
      report(steps, `is a ${typeof item}, which JSON cannot hold`, 'write a number, a string or null');
    } else if (steps.length >= MAX_DEPTH) {
      report(steps.slice(0, 6), `is nested more than ${MAX_DEPTH} deep`, 'a value that contains itself cannot be written');
    } else if (Array.isArray(item)) {
      for (let i = item.length - 1; i >= 0; i--) pending.push({ value: item[i], steps: [...steps, i] });
    } else if (isPlain(item)) {
      const entries = Object.entries(item).filter(([, field]) => field !== undefined);
      for (const [key, field] of entries.reverse()) pending.push({ value: field, steps: [...steps, key] });
    } else {
      const name = (item.constructor as { name?: string } | undefined)?.name ?? 'object';
      report(steps, `is a ${name}, which JSON cannot hold`, 'write a plain array or a plain object');
    }
  }
  return problems;
}

function isPlain(item: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(item);
  return prototype === Object.prototype || prototype === null;
}
