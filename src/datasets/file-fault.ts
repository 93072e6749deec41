/**
 * What is wrong with the bytes of one file, said by code that does not know the file's name; whoever knows it makes a
 * problem of it.
 */
export class FileFault extends Error {
  readonly fix?: string;
  /** Row that the fault is in, counted from 1. */
  readonly row?: number;

  constructor(what: string, fix?: string, row?: number) {
    super(what);
    this.name = 'FileFault';
    this.fix = fix;
    this.row = row;
  }
}

/** The fix for a file whose bytes are not what its writer wrote. */
export const GET_AGAIN = 'get the file again, and compare its size and SHA-256 with the source.';
