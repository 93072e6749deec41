import { describe, expect, test } from 'vitest';
import type { TaskFile } from '../../src/datasets/types.js';
import { splitFile } from '../../src/families/split-file.js';

const files = (...keys: string[]): TaskFile[] =>
  keys.map((key) => ({
    key,
    path: `/data/${key}.parquet`,
    name: `x/${key}.parquet`,
    format: 'parquet',
    bytes: 1,
    sha256: '',
    rows: 1,
  }));

describe('splitFile', () => {
  test('is the file of the same name', () => {
    expect(splitFile(files('train', 'validation', 'test'), 'validation')).toBe('x/validation.parquet');
    expect(splitFile(files('train', 'test'), 'test')).toBe('x/test.parquet');
  });

  test('for validation it is the only other one, as JSTS validates on its training rows', () => {
    expect(splitFile(files('train', 'test'), 'validation')).toBe('x/train.parquet');
    expect(splitFile(files('corpus', 'dev', 'test'), 'validation')).toBe('x/dev.parquet');
  });

  test('is the split itself where the files do not tell', () => {
    expect(splitFile(files('a', 'b', 'test'), 'validation')).toBe('validation');
    expect(splitFile(files('a'), 'test')).toBe('test');
    expect(splitFile(files('test', 'test'), 'test')).toBe('test');
  });
});
