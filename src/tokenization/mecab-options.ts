import { FileFault } from '../datasets/file-fault.js';

/** Options with a value that decide only what MeCab prints or what it reads first. */
const HARMLESS = new Map([
  ['-r', '--rcfile'],
  ['-O', '--output-format-type'],
  ['-F', '--node-format'],
  ['-U', '--unk-format'],
  ['-B', '--bos-format'],
  ['-E', '--eos-format'],
  ['-S', '--eon-format'],
  ['-x', '--unk-feature'],
  ['-b', '--input-buffer-size'],
  ['-o', '--output'],
]);
const DICTIONARY = ['-d', '--dicdir'] as const;

/**
 * The dictionary folder that options of MeCab name, as one text; undefined for none.
 *
 * @throws FileFault for an option that would change words in a way that we do not know
 */
export function dictionaryOfOptions(options: string): string | undefined {
  // Quotes may stand around a word or within it.
  const words = (options.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replaceAll(/["']/g, ''));
  let folder: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const isLong = words[i].startsWith('--');
    const name = isLong ? words[i].split('=', 1)[0] : words[i].slice(0, 2);
    const isDictionary = (DICTIONARY as readonly string[]).includes(name);
    if (!isDictionary && !HARMLESS.has(name) && ![...HARMLESS.values()].includes(name)) {
      throw new FileFault(`the option ${words[i]} of MeCab in "mecab_option" is not supported.`);
    }
    const hasOwnValue = words[i].length > name.length;
    const value = hasOwnValue ? words[i].slice(isLong ? name.length + 1 : name.length) : words[++i];
    if (isDictionary) folder = value;
  }
  return folder;
}
