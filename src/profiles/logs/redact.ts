/** Keeps secrets out of what is written down or sent. */

/** Gives the text without the secrets in it. */
export type Redact = (text: string) => string;

/** A shorter one would be found in words that have nothing to do with it. */
const leastLength = 4;
const mark = '***';

/** Replaces each of these secrets, also in the forms in which URLs and JSON have them. */
export function redactor(secrets: Iterable<string>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < leastLength) continue;
    const inJson = JSON.stringify(secret).slice(1, -1);
    const inUrl = encodeURIComponent(secret.toWellFormed());
    for (const form of [secret, inJson, inUrl]) forms.add(form);
  }
  const longestFirst = [...forms].sort((one, other) => other.length - one.length);
  return (text) => longestFirst.reduce((all, form) => all.replaceAll(form, mark), text);
}
