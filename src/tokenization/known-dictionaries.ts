/** A dictionary that models ask for by name. */
export interface KnownDictionary {
  /** The Python package that holds it, with the version that the published numbers were made with. */
  readonly source: string;
  /** Names of its folder where a system has it. */
  readonly systemNames: readonly string[];
  /** How many ids join words: tells it from others before it is read. Absent where versions differ. */
  readonly ids?: number;
  /** SHA-256 of its files in that version. */
  readonly sha256?: Readonly<Record<string, string>>;
}

/** Dictionaries by the names that `mecab_dic` of tokenizer_config.json gives them, which are also those of the packages. */
export const KNOWN_DICTIONARIES = {
  unidic_lite: {
    source: 'unidic-lite==1.0.8',
    systemNames: ['unidic-lite', 'unidic_lite'],
    ids: 5981,
    sha256: {
      'char.bin': 'dd31396563d8924645b80fd3c9aa7b13ca089d7748f25553a1d6bc3f9b511ae8',
      'matrix.bin': '88fb99efe1075d9b8b40e01bb2751e4095f1612618f2490af776eb5ed39190a9',
      'sys.dic': '122c4c91f026bf4b65bbe2dfd8b9f8eeb6ab56d8eb2a7287a68bca75708ba513',
      'unk.dic': 'e3b92803feeb6c2712c796b905317ec192a59729d2c1e92b2728d454169541c4',
    },
  },
  ipadic: {
    source: 'ipadic==1.0.0',
    systemNames: ['ipadic-utf8', 'ipadic'],
    ids: 1316,
    sha256: {
      'char.bin': '81bba502ae48fa005a374819f15e44452eb68086a8b323ec20a044d514400832',
      'matrix.bin': 'ee44d7350cdcb680ebd699f83e121be1dc63310f8832d55bcb537a068177611a',
      'sys.dic': '223af63996d5d9a104d8c8baaf32029fbbf6a370d7dff33fe19fda2e92ac0ac1',
      'unk.dic': 'f0bf15e3e28259f4470b9c1e775d98bef53207d4b09afcd6d8545209b7b53f88',
    },
  },
  unidic: { source: 'unidic', systemNames: ['unidic'] },
} as const satisfies Record<string, KnownDictionary>;

export type DictionaryName = keyof typeof KNOWN_DICTIONARIES;

/** A dictionary's name however it is spelled (`unidic-lite`); undefined where it is not known. */
export function dictionaryName(text: string): DictionaryName | undefined {
  const name = text.toLowerCase().replaceAll('-', '_');
  return Object.hasOwn(KNOWN_DICTIONARIES, name) ? (name as DictionaryName) : undefined;
}
