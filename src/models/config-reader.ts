import type { Problem } from '../errors.js';
import { suggestName } from '../definitions/nearest-name.js';
import type { JsonObject } from './read-json-object.js';

/** No model is wider than this, or deeper than that; larger numbers in a file are damage. */
const LARGEST_INTEGER = 1 << 24;
const MOST_LAYERS = 4096;

/**
 * Typed fields of a JSON object of a model folder. What is wrong is collected in `problems` and answered with a value
 * that lets reading go on, so that all faults of a file are told at once.
 */
export class ConfigReader {
  constructor(
    readonly object: JsonObject,
    readonly where: string,
    readonly problems: Problem[] = [],
  ) {}

  /** A reader of an object that lies inside this one; what is wrong with it is collected here. */
  inside(name: string, object: JsonObject): ConfigReader {
    return new ConfigReader(object, `${this.where}, "${name}"`, this.problems);
  }

  /** A number of layers, which lists are made for. */
  layers(field: string): number {
    return this.integer(field, 1, undefined, MOST_LAYERS);
  }

  /** A whole number from `least` to `most`; `otherwise` where the field is missing or null, which is a fault when not given. */
  integer(field: string, least: number, otherwise?: number, most = LARGEST_INTEGER): number {
    const value = this.object[field];
    if ((value === undefined || value === null) && otherwise !== undefined) return otherwise;
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) {
      return value as number;
    }
    this.refuse(field, value, `a whole number from ${least} to ${most}`);
    return otherwise ?? Math.max(least, 1);
  }

  /** A finite number > 0. */
  positive(field: string, otherwise: number): number {
    const value = this.object[field];
    if (value === undefined || value === null) return otherwise;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    this.refuse(field, value, 'a number above 0');
    return otherwise;
  }

  /** true or false. */
  flag(field: string, otherwise: boolean): boolean {
    const value = this.object[field];
    if (value === undefined || value === null) return otherwise;
    if (typeof value === 'boolean') return value;
    this.refuse(field, value, 'true or false');
    return otherwise;
  }

  /** One of the known names. */
  choice<T extends string>(field: string, known: readonly T[], otherwise: T): T {
    const value = this.object[field];
    if (value === undefined || value === null) return otherwise;
    if (known.includes(value as T)) return value as T;
    const fix = typeof value === 'string' ? suggestName(value, known) : `use one of ${known.join(', ')}.`;
    this.problems.push({ where: this.where, what: `"${field}" is ${shown(value)}, which is not supported.`, fix });
    return otherwise;
  }

  /** Refuses a field that changes the network, unless it is missing, null or has one of the values that change nothing. */
  only(field: string, allowed: readonly unknown[], expected: string): void {
    const value = this.object[field];
    if (value === undefined || value === null || allowed.includes(value)) return;
    const harmless = allowed.length === 0 ? '' : ` (${allowed.map(shown).join(' or ')})`;
    this.refuse(field, value, `${expected}${harmless}`);
  }

  /** Notes that a field has a value that was not expected. */
  refuse(field: string, value: unknown, expected: string): void {
    const what =
      value === undefined
        ? `"${field}" is missing; expected ${expected}.`
        : `"${field}" is ${shown(value)}; expected ${expected}.`;
    this.problems.push({ where: this.where, what });
  }
}

/** A JSON value in a message, cut where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
