import { MachineError, messageOf, UserError } from '../errors.js';
import { longestAnswer, readVectors, type EndpointVectors } from './endpoint-answer.js';
import { RefusedInput } from './endpoint-fault.js';
import type { EndpointMachine } from './endpoint-machine.js';
import { EndpointPool } from './endpoint-pool.js';
import { askEndpoint, type EndpointPlace } from './endpoint-request.js';
import type { EndpointText } from './endpoint-texts.js';

/** What every request says beside its texts. */
export interface EndpointRequest {
  readonly model: string;
  /** Number of dimensions asked for; not sent where undefined. */
  readonly dimensions?: number;
  /** Tokens to which the server is asked to cut texts (vLLM); not sent where undefined. */
  readonly cutTokens?: number;
}

/** What a first request tells of a server. */
export interface Probed {
  readonly dims: number;
  readonly warnings: readonly string[];
}

const PROBE = 'こんにちは';
/** A text that has at least as many tokens as words. */
const PROBE_WORD = '日 ';
/** Two servers with one model differ by rounding only; cosine similarity of their vectors of one text. */
const SAME_MODEL = 0.99;

/** Asks servers for vectors. */
export class EndpointClient {
  /** Exact and a third of the size of numbers as text; given up where a server refuses it. */
  private asBase64 = true;
  private probed: Promise<Probed> | undefined;

  constructor(
    private readonly request: EndpointRequest,
    readonly places: readonly EndpointPlace[],
    readonly machine: EndpointMachine,
  ) {}

  /**
   * Vectors of texts from one place, in their order.
   *
   * @param dims that the vectors must have; undefined: any
   * @throws TransientFault, RefusedInput, UserError, MachineError as askEndpoint
   */
  async vectors(
    place: EndpointPlace,
    texts: readonly EndpointText[],
    dims: number | undefined,
    signal?: AbortSignal,
  ): Promise<EndpointVectors> {
    const asBase64 = this.asBase64;
    const { model, dimensions, cutTokens } = this.request;
    const body = {
      model,
      input: inputOf(texts, place),
      ...(asBase64 ? { encoding_format: 'base64' } : {}),
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(cutTokens === undefined ? {} : { truncate_prompt_tokens: cutTokens }),
    };
    const maxBytes = longestAnswer(texts.length, dims);
    try {
      const answer = await askEndpoint(place, { body, maxBytes, signal }, this.machine);
      const { hide } = place.key;
      const where = place.address.shown;
      return readVectors(answer, { texts: texts.map(({ text }) => text), dims, where, hide });
    } catch (thrown) {
      if (!asBase64 || !(thrown instanceof RefusedInput) || !/encoding|base64/i.test(thrown.message)) throw thrown;
      this.asBase64 = false;
      return this.vectors(place, texts, dims, signal);
    }
  }

  /**
   * Asks every place for the vector of a short text, once: what is wrong with key, model or options shows before any work.
   *
   * @throws UserError for what the reader can mend, also where places disagree; MachineError where no place answers
   */
  probe(): Promise<Probed> {
    return (this.probed ??= this.probeAll());
  }

  private async probeAll(): Promise<Probed> {
    const answers = await Promise.allSettled(this.places.map((place) => this.probePlace(place)));
    const warnings: string[] = [];
    let first: { readonly rows: Float32Array; readonly shown: string } | undefined;
    let silent: unknown;
    for (const [i, answer] of answers.entries()) {
      const { shown } = this.places[i].address;
      if (answer.status === 'rejected') {
        if (!(answer.reason instanceof MachineError)) throw answer.reason;
        silent ??= answer.reason;
        warnings.push(`an endpoint is left aside for now: ${messageOf(answer.reason)}`);
      } else {
        first ??= { rows: answer.value, shown };
        holdTogether(first, { rows: answer.value, shown });
      }
    }
    if (first === undefined) throw silent;
    return { dims: first.rows.length, warnings };
  }

  private async probePlace(place: EndpointPlace): Promise<Float32Array> {
    const { cutTokens, dimensions } = this.request;
    const { shown } = place.address;
    const ask = async (sent: string): Promise<EndpointVectors> =>
      new EndpointPool([place], this.machine).run(() =>
        this.vectors(place, [{ text: sent, sent, isCut: false }], undefined),
      );
    try {
      const { rows, dims } = await ask(PROBE);
      if (dimensions !== undefined && dims !== dimensions) {
        const what = `vectors of ${dims} dimensions came back where ${dimensions} were asked for (--dimensions).`;
        throw new UserError({ where: shown, what, fix: 'leave out --dimensions; --truncate-dim cuts vectors here.' });
      }
      if (cutTokens !== undefined) holdToLength((await ask(PROBE_WORD.repeat(cutTokens))).tokens, cutTokens, shown);
      return rows;
    } catch (thrown) {
      if (!(thrown instanceof RefusedInput)) throw thrown;
      const options = [
        ...(dimensions === undefined ? [] : ['--dimensions']),
        ...(cutTokens === undefined ? [] : ['--max-tokens']),
      ];
      const fix = `check the model's name${options.map((option) => `, and ${option}, which a server may not take`).join('')}.`;
      throw new UserError({ where: shown, what: `the server refuses a short text: ${thrown.message}`, fix });
    }
  }
}

/** OpenAI is sent token ids, as by the reference; others texts, unless one of them had to be cut. */
function inputOf(texts: readonly EndpointText[], { address }: EndpointPlace): readonly (string | readonly number[])[] {
  const asIds = texts.every(({ ids }) => ids !== undefined) && (address.isOpenAi || texts.some(({ isCut }) => isCut));
  return texts.map(({ sent, ids }) => (asIds ? (ids as readonly number[]) : sent));
}

function holdToLength(tokens: number | null, cutTokens: number, where: string): void {
  if (tokens !== null && tokens <= cutTokens) return;
  const found = tokens === null ? 'does not say how many tokens it read' : `read ${tokens} tokens of a text`;
  throw new UserError({
    where: `--max-tokens ${cutTokens}`,
    what: `${where} ${found}, so that texts may be longer than asked for.`,
    fix: 'leave it out and start the server with its own limit.',
  });
}

interface NamedVector {
  readonly rows: Float32Array;
  readonly shown: string;
}

/** Vectors of places that answer for one model must be of one model. */
function holdTogether(a: NamedVector, b: NamedVector): void {
  const agree = a.rows.length === b.rows.length && cosine(a.rows, b.rows) >= SAME_MODEL;
  if (a === b || agree) return;
  throw new UserError({
    where: '--endpoint',
    what: `${a.shown} and ${b.shown} give different vectors of one text: they run different models.`,
    fix: 'name only addresses of one model in one run.',
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa === 0 || bb === 0 ? Number(aa === bb) : ab / Math.sqrt(aa * bb);
}
