/** Why bytes are not an Arrow file that we can read. */
export class ArrowFault extends Error {}
