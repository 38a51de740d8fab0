/** From the documents in Markdown to manual pages: headings, paragraphs, lists, tables and code, as far as the documents have them. */
import { marked } from 'marked';

/** The pages that documents are. */
const pages = {
  'profiles.md': 'duplifs-profile(5)',
  'storage/README.md': 'duplifs-storage(7)',
  'cli.md#storage-options': 'duplifs-storage(7)',
  '#storage-options': 'duplifs-storage(7)',
};

/**
 * Adds what a text in Markdown says to a page; its title, which the page has already, is left out.
 * @param {string} folder that of the document, in which others are named by their file names alone
 */
export function addMarkdown(page, text, folder = 'docs') {
  const tokens = marked.lexer(text);
  marked.walkTokens(tokens, (token) => {
    if (token.type === 'link' && token.text === token.href && /^[\w-]+\.md$/.test(token.href)) {
      token.tokens = [{ type: 'text', text: `${folder}/${token.href}` }];
    }
  });
  for (const token of tokens) addToken(page, token);
}

const adders = {
  space: () => undefined,
  heading: (page, token) => {
    if (token.depth === 2) page.heading(plain(token.tokens));
    if (token.depth > 2) page.subheading(plain(token.tokens));
  },
  paragraph: (page, token) => page.paragraph(plain(token.tokens)),
  code: (page, token) => page.code(token.text.split('\n')),
  list: (page, token) => {
    for (const item of token.items) {
      page.bullet(item.tokens.map((inner) => plain(inner.tokens ?? [])).join(' '));
    }
  },
  table: (page, token) => {
    for (const row of token.rows) {
      const [first, ...others] = row.map(({ tokens }) => plain(tokens));
      page.item(first.replaceAll('`', ''), others.filter((text) => text !== '').join('; '));
    }
  },
};

function addToken(page, token) {
  const add = adders[token.type];
  if (add === undefined)
    throw new Error(`The manual cannot have this (${token.type}): ${token.raw}`);
  add(page, token);
}

/** Tokens within a line as text with code between backquotes. */
function plain(tokens) {
  return tokens.map(plainOf).join('');
}

function plainOf(token) {
  switch (token.type) {
    case 'codespan':
      return `\`${token.text}\``;
    case 'link':
      return linkText(plain(token.tokens), token.href);
    case 'html':
      return '';
    case 'escape':
      return token.text;
    default:
      return token.tokens === undefined ? unescaped(token.text) : plain(token.tokens);
  }
}

function linkText(text, href) {
  if (/^https?:/.test(href)) return text === href ? text : `${text} <${href}>`;
  const page = pages[href];
  return page === undefined ? text : `${text} (${page})`;
}

/** marked keeps entities as they are written. */
function unescaped(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
