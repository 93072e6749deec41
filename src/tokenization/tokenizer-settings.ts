import type { JsonObject } from '../models/read-json-object.js';

/** What a model's other files say about its tokenizer. */
export interface TokenizerSettings {
  /** tokenizer_config.json; {} where there is none. */
  readonly config: JsonObject;
  /** Name of the class in Python, without `Fast`; '' where it is not known. */
  readonly className: string;
}
