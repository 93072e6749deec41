import type { NormedBlock } from './search-graphs.js';
import { cosineOf, dot, norm, SIMILARITY_FUNCTIONS, type Similarity } from './similarity.js';

/** One query among others, with its norm. */
export interface OneQuery {
  readonly data: Float32Array;
  /** Its row in `data`. */
  readonly row: number;
  readonly norm: number;
}

/**
 * Float64 similarities of queries to the rows of one block: those of SIMILARITY_FUNCTIONS to the last bit, but the norm of
 * a row is computed once for all queries, and the product of a row and a query once for all similarities.
 */
export class BlockScores {
  private readonly norms: Float64Array;
  private readonly products: Float64Array;
  /** Query that `products` holds the row's product with. */
  private readonly productsOf: Int32Array;

  constructor(
    private readonly block: NormedBlock,
    private readonly dims: number,
  ) {
    this.norms = new Float64Array(block.rows).fill(-1);
    this.products = new Float64Array(block.rows);
    this.productsOf = new Int32Array(block.rows).fill(-1);
  }

  score(similarity: Similarity, query: OneQuery, row: number): number {
    const { dims, block } = this;
    if (similarity === 'euclidean_distance') {
      return SIMILARITY_FUNCTIONS[similarity](query.data, query.row * dims, query.norm, block.data, row * dims, dims);
    }
    const product = this.product(query, row);
    return similarity === 'dot_score' ? product : cosineOf(product, query.norm, this.norm(row));
  }

  private product(query: OneQuery, row: number): number {
    if (this.productsOf[row] !== query.row) {
      this.productsOf[row] = query.row;
      this.products[row] = dot(query.data, query.row * this.dims, this.block.data, row * this.dims, this.dims);
    }
    return this.products[row];
  }

  private norm(row: number): number {
    if (this.norms[row] < 0) this.norms[row] = norm(this.block.data, row * this.dims, this.dims);
    return this.norms[row];
  }
}
