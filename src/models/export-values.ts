import type { Problem } from '../errors.js';
import type { OnnxModel } from '../onnx/model-reader.js';
import { isFloat, type ModelValue } from '../onnx/model-value.js';

/** An input of an export and what it is filled with; `shape` where this is not (rows) or (rows, length). */
export interface ExportInput {
  readonly name: string;
  readonly fill: 'ids' | 'mask' | 'zeros' | 'positions' | number;
  readonly type: 'int64' | 'int32';
  readonly shape?: readonly number[];
}

/** The output that vectors are made from. */
export interface ExportOutput {
  readonly name: string;
  /** Whether it has one vector a text already: shape (rows, width); else one a token: shape (rows, length, width). */
  readonly isPooled: boolean;
  /** null where the file does not say. */
  readonly width: number | null;
  readonly isFloat32: boolean;
}

/** Inputs by their names in exports of encoders. A new one is a line here. */
const FILLS: Readonly<Record<string, ExportInput['fill']>> = {
  input_ids: 'ids',
  attention_mask: 'mask',
  token_type_ids: 'zeros',
  position_ids: 'positions',
  // The number of an adapter (jina-embeddings-v3).
  task_id: 0,
};
const NAMED = 5;

/** How the inputs of an export are filled; `problems` takes those that cannot be. */
export function exportInputs(model: OnnxModel, where: string, problems: Problem[]): ExportInput[] {
  const unknown = model.inputs.map(({ name }) => name).filter((name) => !Object.hasOwn(FILLS, name));
  if (unknown.length > 0) {
    const more = unknown.length > NAMED ? ` and ${unknown.length - NAMED} more` : '';
    problems.push({
      where,
      what: `asks for inputs that are not known: ${unknown.slice(0, NAMED).join(', ')}${more}.`,
      fix: `take an export of the encoder alone (inputs that are known: ${Object.keys(FILLS).join(', ')}).`,
    });
  }
  if (!model.inputs.some(({ name }) => name === 'input_ids')) {
    problems.push({ where, what: 'has no input "input_ids", so it does not read the ids of tokens.' });
  }
  const known = model.inputs.filter(({ name }) => Object.hasOwn(FILLS, name));
  return known.flatMap((input) => inputOf(input, FILLS[input.name], where, problems) ?? []);
}

function inputOf(
  input: ModelValue,
  fill: ExportInput['fill'],
  where: string,
  problems: Problem[],
): ExportInput | undefined {
  const { name, type, shape } = input;
  const refuse = (what: string, fix?: string): undefined => {
    problems.push({ where, what: `the input "${name}" ${what}.`, fix });
    return undefined;
  };
  if (type !== 'int64' && type !== 'int32') return refuse(`is of the type ${type ?? 'unknown'}, not int64 or int32`);
  if (typeof fill === 'number') {
    if (shape === null || shape.length === 0) return { name, fill, type, shape: [] };
    if (shape.length > 1 || (shape[0] ?? 1) !== 1) return refuse(`has the shape ${shownShape(shape)}, not one number`);
    return shape[0] === 1 ? { name, fill, type, shape: [1] } : { name, fill, type };
  }
  const fix = 'export the model again with dynamic axes for rows and length.';
  if (shape !== null && (shape.length !== 2 || shape.some((size) => size !== null))) {
    return refuse(`has the shape ${shownShape(shape)}, not any number of rows and tokens`, fix);
  }
  return { name, fill, type };
}

function shownShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? '?').join(', ')}]`;
}

/**
 * The output that vectors are made from: `sentence_embedding` where there is one and it is wanted, else `last_hidden_state`,
 * `token_embeddings`, the first output of numbers with three axes, the first with two.
 *
 * @param wantsTokens whether to pool here although the export has vectors of whole texts
 * @returns undefined where there is none
 */
export function chooseOutput(model: OnnxModel, wantsTokens: boolean): ExportOutput | undefined {
  // A damaged file can name outputs that nothing computes.
  const numbers = model.outputs.filter(
    (output) => isFloat(output) && output.name !== '' && model.names.has(output.name),
  );
  const named = (name: string, axes: number): ModelValue | undefined =>
    numbers.find((output) => output.name === name && (output.shape?.length ?? axes) === axes);
  const whole = named('sentence_embedding', 2) ?? numbers.find(({ shape }) => shape?.length === 2);
  const tokens =
    named('last_hidden_state', 3) ?? named('token_embeddings', 3) ?? numbers.find(({ shape }) => shape?.length === 3);
  const preferred = !wantsTokens && whole?.name === 'sentence_embedding' ? whole : (tokens ?? whole);
  if (preferred === undefined) return undefined;
  const { name, shape, type } = preferred;
  return { name, isPooled: preferred !== tokens, width: shape?.at(-1) ?? null, isFloat32: type === 'float32' };
}
