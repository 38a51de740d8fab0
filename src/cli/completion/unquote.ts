/** Words as a shell has them before it has looked at them, to what they mean. Nothing is expanded and nothing is run. */

export function unquote(word: string): string {
  let text = '';
  let quote = '';
  for (let at = 0; at < word.length; at += 1) {
    const character = word[at] ?? '';
    const next = word[at + 1] ?? '';
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    else if (character === '\\' && quote !== "'") {
      const isKept = quote === '"' && !'"\\$`'.includes(next);
      text += isKept ? `\\${next}` : next;
      at += 1;
    } else text += character;
  }
  return text;
}
