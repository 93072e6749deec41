import type { Embedder, Tokenizing } from '../embedding/types.js';
import type { UniqueList } from './unique-list.js';

/** A list that lacks vectors. */
export interface PendingList {
  /** The first task that needs it. */
  readonly task: string;
  readonly list: Pick<UniqueList, 'size' | 'characters' | 'sample'>;
  /** Texts without a vector. */
  readonly missing: number;
  /** Bytes of one vector as it is stored. */
  readonly vectorBytes: number;
}

/** What lies ahead of a list or a task. */
export interface Work {
  readonly texts: number;
  /** Estimated; of characters where the model has no tokens that we see. */
  readonly units: number;
  readonly bytes: number;
}

/**
 * What embedding a list will take: its tokens are its characters times the tokens a character of a sample.
 *
 * @param tokenizing how the model cuts texts; undefined counts characters
 */
export function workOf({ list, missing, vectorBytes }: PendingList, tokenizing: Tokenizing | undefined): Work {
  const characters = (list.characters * missing) / Math.max(1, list.size);
  return {
    texts: missing,
    units: characters * (tokensPerCharacter(list.sample, tokenizing) ?? 1),
    bytes: missing * vectorBytes,
  };
}

function tokensPerCharacter(sample: readonly string[], tokenizing: Tokenizing | undefined): number | null {
  const tokens = tokenizing === undefined ? null : tokensOf(sample, tokenizing);
  const characters = sample.reduce((sum, { length }) => sum + length, 0);
  return tokens === null || characters === 0 ? null : tokens / characters;
}

/** A text that cannot be cut is an error of the task that needs it, when its turn comes. */
function tokensOf(sample: readonly string[], tokenizing: Tokenizing): number | null {
  try {
    return tokenizing.count(sample).tokens;
  } catch {
    return null;
  }
}

/** Texts with which the speed is measured at first, and in all. */
const FIRST_TEXTS = 4;
const ALL_TEXTS = 64;
/** What the second, longer measurement should take. */
const MEASURED_SECONDS = 1.5;

/** Texts of all lists, of each as many as its share of the work; those of a list evenly spread. */
export function calibrationTexts(
  lists: readonly { readonly sample: readonly string[]; readonly units: number }[],
): string[] {
  const all = lists.reduce((sum, { units }) => sum + units, 0);
  return lists.flatMap(({ sample, units }) => evenly(sample, Math.round((ALL_TEXTS * units) / all)));
}

/**
 * Seconds that a model needs for some tokens, from a few texts. A second, longer measurement is made only where the first
 * says that there is much to do, because in the first a device may still warm up.
 *
 * @param texts from `calibrationTexts`
 * @param work tokens that lie ahead; how the model cuts texts; seconds of work below which the first measurement will do
 */
export async function measureSeconds(
  embedder: Pick<Embedder, 'embed'>,
  texts: readonly string[],
  work: { readonly tokens: number; readonly tokenizing: Tokenizing; readonly enough: number },
  now: () => number = () => performance.now(),
): Promise<number> {
  const measure = async (some: readonly string[]): Promise<{ readonly taken: number; readonly whole: number }> => {
    const began = now();
    const { tokens } = await embedder.embed(some, { prompt: '' });
    const taken = (now() - began) / 1000;
    return { taken, whole: (taken * work.tokens) / Math.max(1, tokens ?? work.tokenizing.count(some).tokens ?? 0) };
  };
  const first = evenly(texts, FIRST_TEXTS);
  const { taken, whole } = await measure(first);
  const more = Math.min(texts.length, Math.floor((MEASURED_SECONDS * first.length) / Math.max(taken, 1e-6)));
  if (whole < work.enough || more <= first.length) return whole;
  return (await measure(evenly(texts, more))).whole;
}

/** At most `count` of some items, evenly spread. */
function evenly<Item>(items: readonly Item[], count: number): Item[] {
  const taken = Math.min(items.length, count);
  return Array.from({ length: taken }, (_, i) => items[Math.floor((i * items.length) / taken)]);
}
