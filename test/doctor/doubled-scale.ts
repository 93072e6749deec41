import { join } from 'node:path';
import { readModel } from '../../src/onnx/model-reader.js';
import { withFile } from './tiny-japanese.js';

/** Values of a TensorProto: field 4 (`float_data`) or 9 (`raw_data`), whose first byte is a tag and then a length. */
const VALUE_TAGS = [0x22, 0x4a];

/** A copy of a folder in whose export the scale of one quantised matrix is doubled. */
export function withDoubledScale(folder: string, file: string, name: string): string {
  const path = join('onnx', file);
  const found = readModel(join(folder, path), file).initializers.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  const proto = Buffer.from(found.proto);
  const length = 4 * found.dims.reduce((product, axis) => product * axis, 1);
  return withFile(folder, path, (bytes) => {
    const start = bytes.indexOf(proto);
    const inside = proto.findIndex(
      (byte, at) => VALUE_TAGS.includes(byte) && varint(proto, at + 1).value === length && fits(proto, at + 1, length),
    );
    if (start < 0 || inside < 0) throw new Error(`the values of ${name} are not where they are looked for`);
    const first = start + varint(proto, inside + 1).end;
    for (let at = first; at < first + length; at += 4) bytes.writeFloatLE(2 * bytes.readFloatLE(at), at);
    return bytes;
  });
}

function fits(bytes: Buffer, at: number, length: number): boolean {
  return varint(bytes, at).end + length <= bytes.length;
}

function varint(bytes: Buffer, at: number): { value: number; end: number } {
  let [value, shift, end] = [0, 0, at];
  for (;;) {
    const byte = bytes[end++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80 || shift > 28) return { value, end };
  }
}
