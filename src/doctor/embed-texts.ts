import type { ModelRole } from '../definitions/types.js';
import { TextFault } from '../embedding/token-embedder.js';
import type { EmbedCall, Embedder } from '../embedding/types.js';
import { messageOf } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';
import type { DoctorText } from './types.js';

export type RolePrompts = Readonly<Record<ModelRole, string>>;

/** Vectors of some texts; a text that has none is a row of zeros, and told in `failed`. */
export interface EmbeddedSide {
  readonly vectors: Matrix;
  /** Why, by place of the text. */
  readonly failed: ReadonlyMap<number, string>;
}

/** What goes on while a model works: a request to stop, and remarks (a server is waited for). */
export type Watch = Pick<EmbedCall, 'signal' | 'onRemark'>;

const ROLES = ['query', 'document', 'sentence'] as const satisfies readonly ModelRole[];

/** The strings that a model is sent. */
export function finalStrings(texts: readonly DoctorText[], prompts: RolePrompts): string[] {
  return texts.map(({ text, role }) => prompts[role] + text);
}

/**
 * Embeds texts with the prompts of their roles. Where a text has no vector (NaN, an id that the model lacks), all of its
 * role are embedded one by one, so that the others are compared all the same.
 */
export async function embedTexts(
  embedder: Embedder,
  dims: number,
  texts: readonly DoctorText[],
  prompts: RolePrompts,
  watch: Watch = {},
): Promise<EmbeddedSide> {
  const data = new Float32Array(texts.length * dims);
  const failed = new Map<number, string>();
  const strings = finalStrings(texts, prompts);
  for (const role of ROLES) {
    const places = [...texts.keys()].filter((i) => texts[i].role === role);
    const embed = async (some: readonly number[]): Promise<void> => {
      const call = { prompt: prompts[role], ...watch };
      const { rows } = await embedder.embed(
        some.map((i) => strings[i]),
        call,
      );
      for (const [row, i] of some.entries()) data.set(rows.subarray(row * dims, (row + 1) * dims), i * dims);
    };
    if (places.length === 0) continue;
    const together = await attempt(() => embed(places));
    if (together === undefined) continue;
    for (const i of places) {
      const why = await attempt(() => embed([i]));
      if (why !== undefined) failed.set(i, why);
    }
  }
  return { vectors: { data, rows: texts.length, dims }, failed };
}

/** What is wrong with a text; undefined when all went well. */
async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TextFault)) throw thrown;
    return thrown.problems[0]?.what ?? messageOf(thrown);
  }
}
