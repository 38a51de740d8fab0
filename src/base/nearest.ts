/** Words that somebody may have meant. */

/** The known word that is nearest to one that is not known; undefined where none is near. */
export async function nearest(word: string, known: readonly string[]): Promise<string | undefined> {
  const { distance } = await import('fastest-levenshtein');
  const most = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3));
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const one of known) {
    const far = distance(word.toLowerCase().replaceAll('_', '-'), one);
    if (far <= most && far < (best?.distance ?? Infinity)) best = { word: one, distance: far };
  }
  return best?.word;
}
