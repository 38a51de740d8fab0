import { DuplifsError } from './errors.js';

/**
 * Splits a text into words as a shell does: blanks, quotes, backslashes.
 *
 * @param source where the text is from, for the error: "--gpg-options"
 * @throws {DuplifsError} USAGE when a quote has no end
 */
export function splitWords(text: string, source: string): string[] {
  const words: string[] = [];
  const pattern = /\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+)|\s+$|(\S)/gy;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null || match[2] !== undefined) {
      throw new DuplifsError('USAGE', `The quotes in ${source} do not match`);
    }
    if (match[1] !== undefined) words.push(unquote(match[1]));
  }
  return words;
}

function unquote(word: string): string {
  return word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) => {
    if (typeof double === 'string') return double.replace(/\\(.)/g, '$1');
    return String(single ?? escaped);
  });
}
