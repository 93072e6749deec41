import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unsafePath } from '../definitions/safe-path.js';
import type { Problem } from '../errors.js';
import { ELEMENT_TYPES, type ElementType } from '../onnx/element-type.js';
import type { OnnxModel } from '../onnx/model-reader.js';

/** Operators that round activations by the range of the whole tensor: a vector depends on the batch it is in. */
const DYNAMIC = [
  'DynamicQuantizeLinear',
  'DynamicQuantizeMatMul',
  'DynamicQuantizeLSTM',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'ConvInteger',
] as const;

/** Whether a text's vector depends on the texts that are computed together with it. */
export function isDynamicallyQuantized(model: OnnxModel): boolean {
  return DYNAMIC.some((operator) => model.operators.has(operator));
}

/** What the weights are stored as, told from the operators and the types of the initializers. */
export function storedDtype(model: OnnxModel): string {
  const values = new Map<number, number>();
  for (const { type, dims } of model.initializers) {
    values.set(type, (values.get(type) ?? 0) + dims.reduce((product, size) => product * size, 1));
  }
  const count = (type: ElementType): number => values.get(ELEMENT_TYPES[type].code) ?? 0;
  const halves = count('float16') > count('float32');
  if (model.operators.has('MatMulBnb4')) return 'bnb4';
  if (model.operators.has('MatMulNBits')) return halves ? 'q4f16' : 'q4';
  if (isDynamicallyQuantized(model) || model.operators.has('DequantizeLinear')) {
    return count('uint8') > count('int8') ? 'uint8' : 'int8';
  }
  if (count('bfloat16') > count('float32') + count('float16')) return 'bf16';
  return halves ? 'fp16' : 'fp32';
}

/** The files beside the model that hold weights: absolute paths by the location that the model gives. */
export function weightFiles(model: OnnxModel, where: string, problems: Problem[]): Map<string, string> {
  const files = new Map<string, string>();
  const refused = new Set<string>();
  for (const { name, place } of model.initializers) {
    if (place === null || place.location === null || refused.has(place.location)) continue;
    const { location, offset, length } = place;
    const refuse = (what: string, fix?: string): void => {
      refused.add(location);
      problems.push({ where, what: `"${name}" lies in ${JSON.stringify(location)}, ${what}.`, fix });
    };
    const relative = location.replace(/^\.\//, '');
    const unsafe = unsafePath(relative);
    if (unsafe !== undefined) {
      refuse(`a path that may not be used: ${unsafe}`);
      continue;
    }
    const file = join(dirname(model.file), relative);
    const size = sizeOf(file);
    if (size === undefined) refuse('which is not there', 'put it beside the model file, under this name.');
    else if (offset + (length ?? 0) > size) {
      refuse(`which has only ${size} bytes`, 'take both files again from where the model was published.');
    } else files.set(location, file);
  }
  return files;
}

function sizeOf(file: string): number | undefined {
  try {
    const stat = statSync(realpathSync(file));
    return stat.isFile() ? stat.size : undefined;
  } catch {
    return undefined;
  }
}
