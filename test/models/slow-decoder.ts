import { attend, plus, times, turned, type SlowWeights } from './slow-layers.js';

/** Sizes of the tiny decoders: heads do not add up to the width, and two heads of queries share one of keys. */
export const DECODER = { hidden: 6, heads: 4, keyHeads: 2, size: 4, inner: 10, layers: 3, epsilon: 1e-3 } as const;

export interface Variant {
  readonly biases?: { readonly query: boolean; readonly output: boolean; readonly mlp: boolean };
  readonly headNorms?: boolean;
  readonly gemma?: boolean;
}

const NO_BIASES = { query: false, output: false, mlp: false };

export function addDecoder(weights: SlowWeights, vocabulary: number, variant: Variant = {}): void {
  const { hidden, heads, keyHeads, size, inner, layers } = DECODER;
  const { biases = NO_BIASES, headNorms = false, gemma = false } = variant;
  weights.add('embed_tokens.weight', vocabulary, hidden);
  for (let layer = 0; layer < layers; layer++) {
    const at = `layers.${layer}`;
    weights.addNorm(`${at}.input_layernorm`, hidden, false);
    weights.addNorm(`${at}.post_attention_layernorm`, hidden, false);
    if (gemma) weights.addNorm(`${at}.pre_feedforward_layernorm`, hidden, false);
    if (gemma) weights.addNorm(`${at}.post_feedforward_layernorm`, hidden, false);
    weights.addLinear(`${at}.self_attn.q_proj`, heads * size, hidden, biases.query);
    weights.addLinear(`${at}.self_attn.k_proj`, keyHeads * size, hidden, biases.query);
    weights.addLinear(`${at}.self_attn.v_proj`, keyHeads * size, hidden, biases.query);
    weights.addLinear(`${at}.self_attn.o_proj`, hidden, heads * size, biases.output);
    if (headNorms) weights.addNorm(`${at}.self_attn.q_norm`, size, false);
    if (headNorms) weights.addNorm(`${at}.self_attn.k_norm`, size, false);
    weights.addLinear(`${at}.mlp.gate_proj`, inner, hidden, biases.mlp);
    weights.addLinear(`${at}.mlp.up_proj`, inner, hidden, biases.mlp);
    weights.addLinear(`${at}.mlp.down_proj`, hidden, inner, biases.mlp);
  }
  weights.addNorm('norm', hidden, false);
}

export interface SlowDecoder extends Variant {
  /** Angles of a layer. */
  readonly steps: (layer: number) => number[];
  /** Whether token i looks at token j in a layer. */
  readonly sees: (layer: number, i: number, j: number) => boolean;
  readonly scale: number;
  readonly activation: (x: number) => number;
  readonly embeddingScale?: number;
}

/** Last hidden states of one text in plain loops. */
export function slowDecoder(weights: SlowWeights, ids: number[], decoder: SlowDecoder): number[][] {
  const { headNorms = false, gemma = false, embeddingScale = 1 } = decoder;
  const { heads, keyHeads, size, epsilon } = DECODER;
  const rms = (x: number[], name: string): number[] => weights.rms(x, name, epsilon, gemma ? 1 : 0);
  let states = ids.map((id) => weights.row('embed_tokens.weight', id).map((x) => x * embeddingScale));
  for (let layer = 0; layer < DECODER.layers; layer++) {
    const at = `layers.${layer}`;
    const before = states.map((state) => rms(state, `${at}.input_layernorm`));
    const project = (name: string): number[][] => before.map((x) => weights.linear(x, `${at}.self_attn.${name}`));
    const headwise = (x: number[], name: string): number[] => {
      if (!headNorms) return x;
      return Array.from({ length: x.length / size }, (_, i) =>
        rms(x.slice(i * size, (i + 1) * size), `${at}.self_attn.${name}`),
      ).flat();
    };
    const turn = (x: number[], position: number): number[] => turned(x, position, decoder.steps(layer));
    const context = attend(
      project('q_proj').map((x, i) => turn(headwise(x, 'q_norm'), i)),
      project('k_proj').map((x, i) => turn(headwise(x, 'k_norm'), i)),
      project('v_proj'),
      { heads, keyHeads, scale: decoder.scale, sees: (i, j) => decoder.sees(layer, i, j) },
    );
    states = states.map((state, i) => {
      const attended = weights.linear(context[i], `${at}.self_attn.o_proj`);
      const middle = plus(state, gemma ? rms(attended, `${at}.post_attention_layernorm`) : attended);
      const rested = rms(middle, `${at}.${gemma ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'}`);
      const gate = weights.linear(rested, `${at}.mlp.gate_proj`).map(decoder.activation);
      const wide = times(gate, weights.linear(rested, `${at}.mlp.up_proj`));
      const back = weights.linear(wide, `${at}.mlp.down_proj`);
      return plus(middle, gemma ? rms(back, `${at}.post_feedforward_layernorm`) : back);
    });
  }
  return states.map((state) => rms(state, 'norm'));
}
