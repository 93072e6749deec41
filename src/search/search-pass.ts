import type { VectorBlock } from '../vectors/types.js';
import { BestLists } from './best-lists.js';
import { ROWS_A_GROUP, type BlockPlan } from './block-plan.js';
import { BlockScores } from './block-scores.js';
import { BlockBounds, keyOf } from './certified-bounds.js';
import type { BlockBest, NormedBlock, SearchGraphs } from './search-graphs.js';
import { norm, SMALLEST_NORM, type Similarity } from './similarity.js';
import type { UniqueDocuments } from './unique-documents.js';

/** Queries in memory, row-major. */
export interface QueryMatrix {
  readonly data: Float32Array;
  readonly rows: number;
}

/** Queries for which a block may hold more than was looked at: the highest key that what was left out can have. */
interface Doubts {
  readonly start: number;
  readonly rows: number;
  readonly queries: number[];
  readonly similarities: Similarity[];
  readonly highest: number[];
}

/** A block under search: where it starts, what its rows' keys can be, and their exact scores. */
interface OpenBlock {
  readonly start: number;
  readonly block: NormedBlock;
  readonly bounds: BlockBounds;
  readonly scores: BlockScores;
}

export interface SearchSetting {
  readonly dims: number;
  readonly similarities: readonly Similarity[];
  /** Best vectors wanted, at most the number of vectors. */
  readonly k: number;
  readonly plan: BlockPlan;
  readonly device?: string;
}

/**
 * One stream of all documents for some queries, then a second look at the blocks that the first could not settle.
 *
 * The engine's float32 products only say which documents are worth a float64 similarity: a block is settled for a query
 * when nothing that was left out can reach the query's k-th best score.
 */
export class SearchPass {
  readonly best: ReadonlyMap<Similarity, BestLists>;
  private readonly norms: Float64Array;
  private readonly doubts: Doubts[] = [];

  constructor(
    private readonly graphs: SearchGraphs,
    private readonly queries: QueryMatrix,
    private readonly documents: UniqueDocuments,
    private readonly setting: SearchSetting,
  ) {
    const { dims, similarities, k } = setting;
    this.best = new Map(similarities.map((similarity) => [similarity, new BestLists(queries.rows, k)]));
    this.norms = Float64Array.from({ length: queries.rows }, (_, q) => norm(queries.data, q * dims, dims));
  }

  /** @param onBlock called with the number of vectors that are done */
  async run(onBlock?: (vectors: number) => void): Promise<void> {
    for await (const block of this.documents.source.blocks(this.setting.plan.documentsABlock)) {
      for (const part of wholeGroups(block, this.setting.dims)) await this.searchBlock(await this.open(part));
      onBlock?.(block.start + block.rows);
    }
    for (const doubts of this.doubts) await this.lookAgain(doubts);
  }

  private async open({ start, rows, data }: VectorBlock): Promise<OpenBlock> {
    const { dims, device } = this.setting;
    const block = { data, rows, squaredNorms: await this.graphs.squaredNorms(data, rows) };
    const bounds = new BlockBounds(dims, block.squaredNorms, device);
    return { start, block, bounds, scores: new BlockScores(block, dims) };
  }

  private async searchBlock(opened: OpenBlock): Promise<void> {
    const { dims, similarities, plan } = this.setting;
    const { start, block, bounds } = opened;
    const doubts: Doubts = { start, rows: block.rows, queries: [], similarities: [], highest: [] };
    const surrogates = bounds.equalNorms ? (['dot_score'] as const) : similarities;
    const count = Math.min(block.rows, this.candidates(block.rows));
    for (let from = 0; from < this.queries.rows; from += plan.queriesABlock) {
      const to = Math.min(this.queries.rows, from + plan.queriesABlock);
      if (!this.norms.subarray(from, to).every((length) => bounds.holdsFor(length))) {
        this.doubtAll(doubts, from, to);
        continue;
      }
      const data = this.queries.data.subarray(from * dims, to * dims);
      const found = await this.graphs.best(surrogates, { data, rows: to - from }, block, count);
      for (let q = from; q < to; q++) {
        for (const similarity of similarities) {
          const ranked = found.get(bounds.equalNorms ? 'dot_score' : similarity) as BlockBest;
          const highest = this.take(similarity, q, opened, ranked, q - from);
          if (highest >= this.goal(similarity, q)) addDoubt(doubts, similarity, q, highest);
        }
      }
    }
    if (doubts.queries.length > 0) this.doubts.push(doubts);
  }

  /** How many of a block are looked at: its fair share of the best k, four deviations more, and a reserve for ties. */
  private candidates(rows: number): number {
    const share = (this.setting.k * rows) / this.documents.source.rows;
    return Math.min(this.setting.k, Math.ceil(share + 4 * Math.sqrt(share))) + RESERVE;
  }

  /** Offers one query's candidates, best first. Returns the highest key that the rest of the block can have. */
  private take(similarity: Similarity, query: number, opened: OpenBlock, ranked: BlockBest, list: number): number {
    const { bounds, block } = opened;
    const length = this.norms[query];
    const at = list * ranked.count;
    let goal = this.goal(similarity, query);
    for (let i = at; i < at + ranked.count; i++) {
      const value = ranked.values[i];
      const highest = bounds.equalNorms
        ? bounds.highestFromProduct(similarity, value, length)
        : value + bounds.margin(similarity, length);
      if (highest < goal) return highest;
      if (this.offer(similarity, query, opened, ranked.rows[i])) goal = this.goal(similarity, query);
      if (i === at + ranked.count - 1 && ranked.count < block.rows) return highest;
    }
    return -Infinity;
  }

  /** The key of the k-th best score so far. */
  private goal(similarity: Similarity, query: number): number {
    return keyOf(similarity, this.lists(similarity).threshold(query), this.norms[query]);
  }

  private lists(similarity: Similarity): BestLists {
    return this.best.get(similarity) as BestLists;
  }

  private offer(similarity: Similarity, query: number, { start, scores }: OpenBlock, row: number): boolean {
    const length = this.norms[query];
    const score = scores.score(similarity, { data: this.queries.data, row: query, norm: length }, row);
    if (!Number.isFinite(score)) throw notFinite(length, start + row);
    return this.lists(similarity).offer(query, score, this.documents.firstDocument(start + row));
  }

  private doubtAll(doubts: Doubts, from: number, to: number): void {
    for (const similarity of this.setting.similarities) {
      for (let q = from; q < to; q++) addDoubt(doubts, similarity, q, Infinity);
    }
  }

  /** Scans a block for the queries that it may still hold something for. */
  private async lookAgain(doubts: Doubts): Promise<void> {
    const open = doubts.queries.map((_, i) => i).filter((i) => this.isOpen(doubts, i));
    if (open.length === 0) return;
    const { plan } = this.setting;
    const { start, rows } = doubts;
    const indices = Int32Array.from({ length: rows }, (_, i) => start + i);
    const opened = await this.open({ start, rows, data: await this.documents.source.gather(indices) });
    const { block, bounds } = opened;
    for (let from = 0; from < open.length; from += plan.queriesABlock) {
      const some = open.slice(from, from + plan.queriesABlock).filter((i) => this.isOpen(doubts, i));
      const queries = some.map((i) => doubts.queries[i]);
      const held = queries.every((q) => bounds.holdsFor(this.norms[q]));
      const products = held ? await this.graphs.products(this.gathered(queries), block.data, block.rows) : undefined;
      some.forEach((i, list) => {
        const values = products?.subarray(list * block.rows, (list + 1) * block.rows);
        this.scan(doubts.similarities[i], doubts.queries[i], opened, values);
      });
    }
  }

  private isOpen(doubts: Doubts, i: number): boolean {
    return doubts.highest[i] >= this.goal(doubts.similarities[i], doubts.queries[i]);
  }

  private gathered(queries: readonly number[]): QueryMatrix {
    const { dims } = this.setting;
    const data = new Float32Array(queries.length * dims);
    queries.forEach((q, i) => data.set(this.queries.data.subarray(q * dims, (q + 1) * dims), i * dims));
    return { data, rows: queries.length };
  }

  /** Offers every row of a block whose key may reach the goal; every row where there are no products to go by. */
  private scan(similarity: Similarity, query: number, opened: OpenBlock, products: Float32Array | undefined): void {
    const { block, bounds } = opened;
    const margin = products === undefined ? Infinity : bounds.margin(similarity, this.norms[query]);
    const value = surrogateOf(similarity, products ?? block.squaredNorms, block.squaredNorms);
    let least = this.goal(similarity, query) - margin;
    for (let row = 0; row < block.rows; row++) {
      if (value(row) < least) continue;
      if (this.offer(similarity, query, opened, row)) least = this.goal(similarity, query) - margin;
    }
  }
}

/** A block in whole groups of rows, and what is left over as a block of its own. */
function wholeGroups({ start, rows, data }: VectorBlock, dims: number): VectorBlock[] {
  const whole = rows - (rows % ROWS_A_GROUP);
  const rest = { start: start + whole, rows: rows - whole, data: data.subarray(whole * dims) };
  return [{ start, rows: whole, data: data.subarray(0, whole * dims) }, rest].filter((part) => part.rows > 0);
}

/** A similarity's surrogate from products, as the graph of the first look computes it. */
function surrogateOf(
  similarity: Similarity,
  products: Float32Array,
  squaredNorms: Float32Array,
): (row: number) => number {
  if (similarity === 'dot_score') return (row) => products[row];
  if (similarity === 'cosine_similarity') {
    return (row) => products[row] / Math.max(Math.sqrt(squaredNorms[row]), SMALLEST_NORM);
  }
  return (row) => products[row] - squaredNorms[row] / 2;
}

/** Candidates of a block beyond its share: few ties and rounding then need no second look. */
const RESERVE = 10;

function addDoubt(doubts: Doubts, similarity: Similarity, query: number, highest: number): void {
  doubts.queries.push(query);
  doubts.similarities.push(similarity);
  doubts.highest.push(highest);
}

function notFinite(queryNorm: number, vector: number): RangeError {
  const what = Number.isFinite(queryNorm) ? `vector ${vector} of the documents` : 'a vector of the queries';
  return new RangeError(`${what} has a component that is no finite number`);
}
