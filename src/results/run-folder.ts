import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { byCodePoint } from './result-order.js';

/** What a variant's name is made of. */
export interface VariantParts {
  /** Commit of the model on the Hub; its first seven characters are used. One of this and `localHash`. */
  readonly revision?: string;
  /** Hash over the files of a model that has no commit. */
  readonly localHash?: string;
  readonly dtype: string;
  /** Canonical name of the protocol. */
  readonly protocol: string;
  /** Options that differ from the definition, as the command line spells them. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
}

/** Longer names are cut and end in a hash: a name may have 255 bytes, and `.corrupt-1` and the like must still fit. */
const MAX_NAME_BYTES = 200;
const MAX_VALUE_CHARACTERS = 40;

/**
 * The folder name of a variant: `<revision 7 | local-hash7>.<dtype>.<protocol>[.<option>=<value>...]`.
 *
 * Options stand in order of their names. Whatever could part names wrongly, lead elsewhere or differ only in case is
 * written as %xx; long values give way to a hash, so two sets of options never share a name.
 *
 * @throws UserError when neither or both of revision and hash are given, or one of the parts is empty
 */
export function variantName(parts: VariantParts): string {
  const { revision, localHash, dtype, protocol, options = {} } = parts;
  if ((revision === undefined) === (localHash === undefined))
    throw new UserError({ where: 'variant', what: 'needs a revision or a hash of local files, not both or neither' });
  for (const [name, text] of Object.entries({ revision: revision ?? localHash ?? '', dtype, protocol }))
    if (text === '') throw new UserError({ where: 'variant', what: `its ${name} is empty` });
  const source = revision === undefined ? `local-${short(localHash as string)}` : short(revision);
  const names = Object.keys(options).sort(byCodePoint);
  const settings = names.map((name) => `${encode(name, '-')}=${encodeValue(String(options[name]))}`);
  const full = [source, encode(dtype, '_-'), encode(protocol, '+,-'), ...settings].join('.');
  if (Buffer.byteLength(full) <= MAX_NAME_BYTES) return full;
  return `${full.slice(0, 120)}~${sha256(full).slice(0, 16)}`;
}

function short(revision: string): string {
  return encode(revision.slice(0, 7), '_-');
}

/** Lower-case letters, digits and `allowed` stay; every other byte becomes %xx. ASCII only. */
function encode(text: string, allowed: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    const stays = /[a-z0-9]/.test(character) || allowed.includes(character);
    encoded += stays ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return encoded;
}

function encodeValue(value: string): string {
  const encoded = encode(value, '_-');
  return encoded.length <= MAX_VALUE_CHARACTERS ? encoded : `~${sha256(value).slice(0, 10)}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * The folder of a run: `<output>/<model id>/<variant>`. Slashes of the id part folders; signs that some file systems read
 * for themselves (`:` and the like) are written as %xx.
 *
 * @throws UserError when the id or the variant could lead outside of `output` or is no name for a folder
 */
export function runFolder(output: string, modelId: string, variant: string): string {
  const parts = modelId.split('/').map((part) => part.replace(/[:*?"<>|%]/g, percent));
  for (const part of parts) refuseUnsafe(part, `model id ${JSON.stringify(modelId)}`);
  refuseUnsafe(variant, `variant ${JSON.stringify(variant)}`);
  return join(output, ...parts, variant);
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16)}`;
}

function refuseUnsafe(name: string, where: string): void {
  const refuse = (what: string): never => {
    throw new UserError({ where, what, fix: 'use names parted by single slashes, as in "owner/name"' });
  };
  if (name === '') refuse('has an empty part');
  if (name === '.' || name === '..') refuse(`has the part "${name}", which leads to another folder`);
  if (/[/\\]/.test(name)) refuse('has a slash or backslash within a name, which leads to another folder');
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) refuse('has a control character');
  if (Buffer.byteLength(name) > 255) refuse('has a part of more than 255 bytes');
}

/** Where the files of a run stand; `folder` is the run's. */
export const runFiles = {
  record: (folder: string) => join(folder, 'run.json'),
  summary: (folder: string) => join(folder, 'summary.json'),
  manifest: (folder: string) => join(folder, 'manifest.json'),
  tasks: (folder: string) => join(folder, 'tasks'),
  /** @throws UserError when the id is no file name */
  task: (folder: string, task: string) => join(folder, 'tasks', `${taskFileName(task)}.json`),
  items: (folder: string) => join(folder, 'items'),
  /** @throws UserError when the id is no file name */
  itemTable: (folder: string, task: string) => join(folder, 'items', `${taskFileName(task)}.arrow`),
} as const;

function taskFileName(task: string): string {
  // eslint-disable-next-line no-control-regex
  if (/^[^\u0000-\u001f/\\:*?"<>|.][^\u0000-\u001f/\\:*?"<>|]*$/.test(task) && Buffer.byteLength(task) <= 180) return task;
  throw new UserError({
    where: `task ${JSON.stringify(task)}`,
    what: 'this id cannot name a file',
    fix: 'use letters, digits, "-" and "_", 180 bytes at most',
  });
}
