import { createRequire } from 'node:module';
import { describe, it } from 'vitest';
import type * as RustLibrary from 'tokenizers';

export type Rust = typeof RustLibrary;

/** The tokenizers that Python uses; undefined where they have no binary for this machine. */
export const rust = load();

function load(): Rust | undefined {
  try {
    return createRequire(import.meta.url)('tokenizers') as Rust;
  } catch {
    return undefined;
  }
}

/** Tests that ask the Rust tokenizers: skipped with the reason in their name where they cannot be loaded. */
export function describeRust(name: string, body: (library: Rust) => void): void {
  if (rust !== undefined) describe(name, () => body(rust as Rust));
  else
    describe.skip(`${name} [skipped: the package "tokenizers" has no binary for ${process.platform}-${process.arch}]`, () => {
      it('is not run', () => undefined);
    });
}

/** The Rust tokenizer of a tokenizer.json, without its truncation and padding. */
export function rustTokenizer(library: Rust, json: object): RustLibrary.Tokenizer {
  return library.Tokenizer.fromString(JSON.stringify({ ...json, truncation: null, padding: null }));
}

/** Its ids. */
export async function rustIds(
  tokenizer: RustLibrary.Tokenizer,
  texts: readonly string[],
  addSpecialTokens = false,
): Promise<number[][]> {
  const encodings = await tokenizer.encodeBatch([...texts], { addSpecialTokens });
  return encodings.map((encoding) => encoding.getIds());
}
