/** Sizes of the blocks that search works in. */
export interface BlockPlan {
  /** Queries that are held, with their best documents, while the documents are streamed once. */
  readonly queriesAPass: number;
  /** Queries of one matrix product. */
  readonly queriesABlock: number;
  /** Documents of one matrix product. */
  readonly documentsABlock: number;
}

const MOST_QUERIES = 512;
const MOST_DOCUMENTS = 32_768;
/** Products on fewer documents lose speed: rather fewer queries at once. */
const ENOUGH_DOCUMENTS = 4096;
const FEWEST_QUERIES = 64;
/** However little memory there is: smaller blocks would save nothing worth having. */
const FEWEST_DOCUMENTS = 256;
/** Blocks are multiples of the vector store's shards where they can be. */
const SHARD_ROWS = 4096;
/** Rows whose maximum is looked at before they are: whole blocks are multiples of it. */
export const ROWS_A_GROUP = 64;
/** The rest is for the runtime itself and what else the process holds. */
const SHARE = 0.75;
/** The runtime's allocator grows by doubling. */
const ALLOCATOR_SLACK = 2;

/**
 * The largest blocks that fit the memory.
 *
 * @param size queries and documents in rows, >= 1; k; the number of similarities
 * @param maxMemory bytes for everything; blocks of 64 queries and 256 documents are planned in any case
 */
export function planBlocks(
  size: {
    readonly queries: number;
    readonly documents: number;
    readonly dims: number;
    readonly k: number;
    readonly similarities: number;
  },
  maxMemory: number,
): BlockPlan {
  const memory = maxMemory * SHARE;
  const bytesAQuery = 4 * size.dims + 8 + 12 * size.k * size.similarities;
  const queriesAPass = clamp(Math.floor(memory / 4 / bytesAQuery), FEWEST_QUERIES, size.queries);
  const forBlocks = memory - queriesAPass * bytesAQuery;
  const documentsFor = (queries: number): number => {
    // A block as read and as decoded, norms and exact products, and the scores by every similarity.
    const bytesADocument = 8 * size.dims + 40 + 4 * queries * size.similarities * ALLOCATOR_SLACK;
    return clamp(Math.floor(forBlocks / bytesADocument), FEWEST_DOCUMENTS, Math.min(MOST_DOCUMENTS, size.documents));
  };
  let queriesABlock = Math.min(MOST_QUERIES, queriesAPass);
  const enough = Math.min(ENOUGH_DOCUMENTS, size.documents);
  while (queriesABlock > FEWEST_QUERIES && documentsFor(queriesABlock) < enough) {
    queriesABlock = Math.max(FEWEST_QUERIES, queriesABlock >> 1);
  }
  const documents = documentsFor(queriesABlock);
  if (documents === size.documents) return { queriesAPass, queriesABlock, documentsABlock: documents };
  const unit = documents < SHARD_ROWS ? ROWS_A_GROUP : SHARD_ROWS;
  return { queriesAPass, queriesABlock, documentsABlock: documents - (documents % unit) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
