import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileFault } from '../../src/datasets/file-fault.js';
import { ProtobufWriter } from '../../src/onnx/protobuf-writer.js';
import { SentencePiece } from '../../src/tokenization/sentencepiece.js';
import { goldenPath } from '../shared.js';

interface Cases {
  readonly texts: readonly string[];
  readonly models: Readonly<Record<string, string>>;
  readonly sentencepiece: Readonly<Record<string, readonly string[][]>>;
}

const cases = JSON.parse(readFileSync(goldenPath('tokenizers', 'cases.json'), 'utf8')) as Cases;
const bytesOf = (name: string): Buffer => Buffer.from(cases.models[name], 'base64');

interface PieceOptions {
  readonly score?: number;
  readonly type?: number;
}

function piece(text: string, { score = 0, type = 1 }: PieceOptions = {}): ProtobufWriter {
  return new ProtobufWriter().string(1, text).float(2, score).varint(3, type);
}

function model(pieces: readonly ProtobufWriter[], kind = 1, trainer = new ProtobufWriter()): Uint8Array {
  const all = new ProtobufWriter();
  for (const one of pieces) all.message(1, one);
  const normalizer = new ProtobufWriter().varint(3, 0).varint(4, 0);
  return all.message(2, trainer.varint(3, kind)).message(3, normalizer).finish();
}

const UNKNOWN = piece('<unk>', { type: 2 });

describe('SentencePiece', () => {
  it.each(Object.keys(cases.models))('cuts every text as the library does with the model "%s"', (name) => {
    const own = new SentencePiece(bytesOf(name));
    expect(cases.texts.map((text) => own.encode(text))).toEqual(cases.sentencepiece[name]);
  });

  it('knows the ids of pieces, reserved ones first, and unknown ones', () => {
    const own = new SentencePiece(
      model([UNKNOWN, piece('a', { score: -1 }), piece('a', { type: 3 }), piece('b', { score: -2 })]),
    );
    expect(['a', 'b', 'c', '<unk>'].map((text) => own.idOf(text))).toEqual([2, 3, 0, 0]);
    expect(own.encode('abcc')).toEqual(['a', 'b', 'cc']);
  });

  it('prefers the path whose last piece begins first where rounded sums are equal', () => {
    const own = new SentencePiece(model([UNKNOWN, piece('a', { score: -1 }), piece('aa', { score: -2 })]));
    expect(own.encode('aaa')).toEqual(['a', 'aa']);
  });

  it('takes a text of a hundred thousand characters in a moment', () => {
    const started = performance.now();
    for (const name of ['unigram', 'bpe-user-defined']) {
      const own = new SentencePiece(bytesOf(name));
      expect(own.encode('猫は東京を見る。 '.repeat(12_000)).length).toBeGreaterThan(12_000);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('refuses files that are no models, and says why', () => {
    const broken: [Uint8Array, string][] = [
      [new Uint8Array(0), 'it has no pieces'],
      [Buffer.from('<html>'), 'no SentencePiece model'],
      [bytesOf('unigram').subarray(0, 1000), 'no SentencePiece model'],
      [model([piece('a')]), '0 unknown pieces'],
      [model([UNKNOWN, piece('b', { type: 2 })]), '2 unknown pieces'],
      [model([UNKNOWN, piece('a'), piece('a')]), 'a piece is there twice'],
      [model([UNKNOWN, piece('')]), 'has no text'],
      [model([UNKNOWN, piece('a', { score: NaN })]), 'no number'],
      [model([UNKNOWN], 3), 'the kind word'],
      [model([UNKNOWN], 9), 'the kind 9'],
      [model([UNKNOWN], 1, new ProtobufWriter().varint(35, 1)), 'not all 256'],
    ];
    for (const [bytes, what] of broken) {
      expect(() => new SentencePiece(bytes)).toThrow(FileFault);
      expect(() => new SentencePiece(bytes)).toThrow(what);
    }
  });

  it('survives any changed byte: a fault, or pieces', () => {
    let seed = 3;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    let sound = 0;
    for (let i = 0; i < 400; i++) {
      const bytes = bytesOf(i % 2 === 0 ? 'user-defined' : 'bpe-unused');
      for (let n = 0; n < 1 + (i % 5); n++) bytes[random(bytes.length)] = random(256);
      try {
        const own = new SentencePiece(bytes);
        for (const text of cases.texts) own.encode(text);
        sound += 1;
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(FileFault);
      }
    }
    expect(sound).toBeGreaterThan(20);
  });
});
