import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { nearestName, suggestName } from '../definitions/nearest-name.js';
import { DEVICE_DTYPES, type DeviceClass } from '../engine/devices.js';
import type { Problem } from '../errors.js';
import { isFloatDtype } from '../models/float-type.js';

/** How transformers.js names the file of each number type: `onnx/model<suffix>.onnx`. */
const SUFFIXES = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  bnb4: '_bnb4',
  q4f16: '_q4f16',
} as const;
type ExportDtype = keyof typeof SUFFIXES;

export const EXPORT_DTYPES = Object.keys(SUFFIXES) as readonly ExportDtype[];
/** Other names of the same type. */
const ALIASES: Readonly<Record<string, ExportDtype>> = { quantized: 'q8' };
/** Folders of exports within the model's, the first that has the file counts. */
const FOLDERS = ['onnx', ''] as const;

/** A file with an exported network. */
export interface ExportFile {
  /** Absolute path. */
  readonly file: string;
  /** As it is recorded: relative to the folder of the network, or its bare name where it lies elsewhere. */
  readonly name: string;
  readonly liesElsewhere: boolean;
  /** The number type that the name stands for; undefined for names of another kind. */
  readonly dtype: string | undefined;
}

/** The one name of a number type that may have several. */
export function canonicalDtype(dtype: string): string {
  return Object.hasOwn(ALIASES, dtype) ? ALIASES[dtype] : dtype;
}

/** Paths that a number type's export may have, relative to the folder of the network; none for other types. */
export function exportPaths(dtype: string): string[] {
  if (!Object.hasOwn(SUFFIXES, dtype)) return [];
  return FOLDERS.map((folder) => join(folder, `model${SUFFIXES[dtype as ExportDtype]}.onnx`));
}

/** The export of a number type; undefined where it is not there. */
export function findExport(folder: string, dtype: string): ExportFile | undefined {
  const name = exportPaths(dtype).find((path) => existsSync(join(folder, path)));
  if (name === undefined) return undefined;
  return { file: join(folder, name), name: name.split(sep).join('/'), liesElsewhere: false, dtype };
}

/** The export that `--onnx-file` names; undefined, with a problem, where it is not there. */
export function namedExport(folder: string, path: string, problems: Problem[]): ExportFile | undefined {
  const file = isAbsolute(path) ? path : resolve(folder, path);
  if (!existsSync(file)) {
    const known = exportsThere(folder);
    const fix = known.length === 0 ? 'the path is relative to the model folder.' : suggestName(path, known);
    problems.push({ where: `--onnx-file ${path}`, what: 'there is no such file.', fix: fix ?? listed(known) });
    return undefined;
  }
  const inside = relative(folder, file).split(sep).join('/');
  const liesElsewhere = inside.startsWith('../') || isAbsolute(inside);
  const bare = inside.split('/').pop() as string;
  const dtype = EXPORT_DTYPES.find((type) => bare === `model${SUFFIXES[type]}.onnx`);
  return { file, name: liesElsewhere ? bare : inside, liesElsewhere, dtype };
}

/** A number type that a model is asked for and does not have. */
export interface MissingDtype {
  readonly folder: string;
  /** The folder's name in messages. */
  readonly where: string;
  /** As the option says it, and its one name. */
  readonly asked: string;
  readonly dtype: string;
  readonly device: DeviceClass;
  /** Whether it has weights that a graph can be built from. */
  readonly hasWeights: boolean;
}

/** The problem of a number type that there is no file for. */
export function missingDtype(missing: MissingDtype): Problem {
  const { folder, asked, dtype, device, hasWeights } = missing;
  const there = EXPORT_DTYPES.filter((type) => findExport(folder, type) !== undefined);
  const computed = hasWeights ? DEVICE_DTYPES[device] : [];
  const names = [...new Set([...computed, ...there])];
  const known = names.map((type) => {
    return `${type} (${computed.includes(type) ? 'its weights' : findExport(folder, type)?.name})`;
  });
  const isKnown = isFloatDtype(dtype) || exportPaths(dtype).length > 0;
  const near = isKnown ? undefined : nearestName(dtype, names);
  const meant = near === undefined ? '' : `did you mean "${near}"? `;
  const others = exportsThere(folder).filter((name) => !there.some((type) => findExport(folder, type)?.name === name));
  const more = others.length === 0 ? '' : ` Other exports, for --onnx-file: ${others.join(', ')}.`;
  const elsewhere = hasWeights ? otherDevices(dtype) : '';
  const fix =
    known.length === 0 ? `it has no ONNX exports.${more}` : `${meant}there is ${known.join(', ')}.${more}${elsewhere}`;
  return { where: `--dtype ${asked}`, what: whatIsMissing(missing), fix };
}

function whatIsMissing({ where, dtype, device, hasWeights }: MissingDtype): string {
  const computed = DEVICE_DTYPES[device].join(' or ');
  const [path] = exportPaths(dtype).map((name) => name.split(sep).join('/'));
  const isComputed = hasWeights && isFloatDtype(dtype);
  const weights = `weights are computed in ${computed} on ${device}`;
  if (path !== undefined) return `${where} has no ${path}${isComputed ? `; its ${weights}` : ''}.`;
  if (isComputed) return `the ${weights}.`;
  return `is no number type that ${where} has; weights are computed in ${computed}, other types come as ONNX exports.`;
}

/** Which devices would build a graph in a number type that this one cannot. */
function otherDevices(dtype: string): string {
  const devices = Object.entries(DEVICE_DTYPES).filter(([, types]) => types.includes(dtype));
  const named = devices.map(([device]) => `--device ${device}`).join(' or ');
  return named === '' ? '' : ` Its weights are computed in ${dtype} with ${named}.`;
}

/** ONNX files in the usual folders, relative to the folder of the network. */
export function exportsThere(folder: string): string[] {
  return FOLDERS.flatMap((inner) => {
    const path = join(folder, inner);
    if (!existsSync(path)) return [];
    const names = readdirSync(path).filter((name) => name.endsWith('.onnx'));
    return names.sort().map((name) => (inner === '' ? name : `${inner}/${name}`));
  });
}

function listed(known: readonly string[]): string {
  return `there is ${known.join(', ')}.`;
}
