import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSession } from '../../src/engine/session.js';
import { f32 } from '../../src/engine/tensor.js';
import { UserError } from '../../src/errors.js';
import { appendGraph } from '../../src/onnx/append-graph.js';
import { memorySource } from '../../src/onnx/byte-source.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { readModel, readSource } from '../../src/onnx/model-reader.js';
import { ProtobufFault } from '../../src/onnx/protobuf-reader.js';
import { ProtobufWriter } from '../../src/onnx/protobuf-writer.js';
import { tinyExport } from '../models/tiny-export.js';
import { congruential } from '../pseudo-random.js';

const root = mkdtempSync(join(tmpdir(), 'jmteb-onnx-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const EXPORT = { opset: 14, inputs: ['input_ids', 'attention_mask', 'task_id'] as const, half: true };

/** A generator of whole numbers, the same every time. */
function random(seed: number): (below: number) => number {
  const next = congruential(seed);
  return (below) => Math.floor((next() / 2 ** 32) * below);
}

describe('readModel', () => {
  it('tells inputs, outputs, operators and where weights lie', () => {
    const file = join(root, 'model.onnx');
    const external = { location: 'x.data', offset: 8, length: 480 };
    writeFileSync(file, tinyExport({ ...EXPORT, external, whole: 'sentence_embedding' }));
    const model = readModel(file, 'model.onnx');
    expect(model.inputs).toEqual([
      { name: 'input_ids', type: 'int64', shape: [null, null] },
      { name: 'attention_mask', type: 'int64', shape: [null, null] },
      { name: 'task_id', type: 'int64', shape: [] },
    ]);
    expect(model.outputs).toEqual([
      { name: 'last_hidden_state', type: 'float16', shape: [null, null, 6] },
      { name: 'sentence_embedding', type: 'float16', shape: [null, 6] },
    ]);
    expect(model.opsets).toEqual(new Map([['', 14]]));
    expect(Object.fromEntries(model.operators)).toEqual({ Gather: 4, Add: 3, Cast: 2, Identity: 2 });
    const words = model.initializers.find(({ name }) => name === 'words');
    expect(words).toMatchObject({ type: 1, dims: [20, 6], place: external });
    expect(model.initializers.filter(({ place }) => place !== null).length).toBe(1);
  });

  it('leaves large weights in the file: another graph behind them gives the same numbers', async () => {
    const graph = new GraphBuilder('large');
    const x = graph.input('x', 'float32', ['rows', 64]);
    const values = Float32Array.from({ length: 64 * 64 }, (_, i) => ((i * 7) % 23) - 11);
    graph.output(graph.node('MatMul', [x, graph.constant('float32', [64, 64], values)]), 'float32', ['rows', 64], 'y');
    const bytes = graph.build();
    writeFileSync(join(root, 'large.onnx'), bytes);
    const model = readModel(join(root, 'large.onnx'), 'large.onnx');
    const [{ place }] = model.initializers;
    expect(place).toEqual({ location: null, offset: expect.any(Number) as number, length: 4 * 64 * 64 });

    const tail = new GraphBuilder('tail', 'tail.');
    const doubled = tail.node('Add', [tail.input('y', 'float32', ['rows', 64]), 'y']);
    tail.output(tail.node('Mul', [doubled, tail.input('z', 'float32', [])]), 'float32', ['rows', 64], 'w');
    const whole = appendGraph(model, tail.build(), ({ place }) => ({
      location: 'large.onnx',
      offset: place?.offset ?? 0,
      length: place?.length ?? 0,
    }));
    expect(whole.length).toBeLessThan(2000);
    const session = await openSession(whole, { threads: 1, externalFolder: root });
    const input = Float32Array.from({ length: 128 }, (_, i) => (i % 5) - 2);
    const outputs = await session.run({ x: f32(input, [2, 64]), z: f32(Float32Array.of(3), []) });
    await session.close();
    expect(Object.keys(outputs)).toEqual(['w']);
    const expected = Float32Array.from({ length: 128 }, (_, i) => {
      let dot = 0;
      for (let k = 0; k < 64; k++) dot += input[64 * Math.floor(i / 64) + k] * values[64 * k + (i % 64)];
      return 6 * dot;
    });
    expect(outputs.w.data).toEqual(expected);
  });

  it('refuses what is no model, and tensors that nodes keep in other files', () => {
    const broken = (name: string, bytes: Uint8Array | string): void => {
      writeFileSync(join(root, name), bytes);
      expect(() => readModel(join(root, name), name)).toThrow(UserError);
    };
    broken('empty.onnx', '');
    broken('text.onnx', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
    broken('zip.onnx', 'PK\u0003\u0004');
    expect(() => readModel(root, 'folder')).toThrow(/not a regular file/);
    expect(() => readModel(join(root, 'none'), 'none')).toThrow(/cannot be read/);
    const outside = new ProtobufWriter().varint(14, 1);
    const attribute = new ProtobufWriter().string(1, 'value').message(5, outside);
    const node = new ProtobufWriter().string(4, 'Constant').message(5, attribute);
    const opset = new ProtobufWriter().varint(2, 17);
    const model = new ProtobufWriter().message(8, opset).message(7, new ProtobufWriter().message(1, node));
    broken('constant.onnx', model.finish());
  });

  it('is not led into endless depth', () => {
    let node = new ProtobufWriter().string(4, 'Identity');
    for (let i = 0; i < 5000; i++) {
      const inner = new ProtobufWriter().encoded(new ProtobufWriter().message(1, node).finish());
      const attribute = new ProtobufWriter().encoded(new ProtobufWriter().message(6, inner).finish());
      node = new ProtobufWriter().encoded(new ProtobufWriter().message(5, attribute).finish());
    }
    const opset = new ProtobufWriter().varint(2, 17);
    const model = new ProtobufWriter().message(8, opset).message(7, new ProtobufWriter().message(1, node)).finish();
    expect(() => readSource(memorySource(model))).toThrow(/more than 16 deep/);
  });

  it('ends with a model or a fault for any bytes', () => {
    const whole = tinyExport({ ...EXPORT, external: { location: 'x', offset: 0, length: 480 } });
    const next = random(20);
    let faults = 0;
    for (let round = 0; round < 4000; round++) {
      let bytes = whole.slice();
      const kind = next(4);
      if (kind === 0) bytes = bytes.subarray(0, next(bytes.length));
      else if (kind === 1) bytes = Uint8Array.from({ length: next(200) }, () => next(256));
      else for (let i = 0; i <= next(6); i++) bytes[next(bytes.length)] = kind === 2 ? next(256) : 0xff;
      try {
        readSource(memorySource(bytes));
      } catch (thrown) {
        if (!(thrown instanceof ProtobufFault)) throw thrown;
        faults += 1;
      }
    }
    expect(faults).toBeGreaterThan(1000);
  });
});
