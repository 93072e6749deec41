/** A sample holds this many texts at least, once so many were there; and never twice as many. */
const LEAST = 32;

/** Some texts of a stream of unknown length, evenly spread over it: the same stream gives the same sample. */
export class EvenSample {
  readonly texts: string[] = [];
  private every = 1;
  private seen = 0;

  add(text: string): void {
    if (this.seen++ % this.every !== 0) return;
    this.texts.push(text);
    if (this.texts.length < 2 * LEAST) return;
    // Every second one is kept, and of those to come too.
    this.every *= 2;
    for (let i = 0; i < LEAST; i++) this.texts[i] = this.texts[2 * i];
    this.texts.length = LEAST;
  }
}
