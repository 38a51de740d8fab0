/**
 * One manual page in the making, in the man(7) macros that groff and mandoc share. Texts come as they are and are escaped here;
 * what stands in them between backquotes is bold.
 */
const width = 78;

export class Page {
  #lines = [];

  /** `about` is the line that whatis(1) shows; `date` is a day: "2026-11-30". */
  constructor({ name, section, about, version, date }) {
    this.name = name;
    this.section = section;
    this.#lines.push(`.TH ${name.toUpperCase()} ${section} ${date} "duplifs ${version}" "duplifs"`);
    this.heading('Name');
    this.#text(`${name} \\- ${escape(about)}`);
  }

  heading(text) {
    this.#lines.push(`.SH ${escape(text.toUpperCase())}`);
  }

  subheading(text) {
    this.#lines.push(`.SS ${escape(text)}`);
  }

  paragraph(text) {
    this.#lines.push('.PP');
    this.#text(inline(text));
  }

  /** A line as it is typed, in bold, with what stands for something else in italics: "duplifs ls <url>". */
  synopsis(usages) {
    for (const [index, usage] of usages.entries()) {
      if (index > 0) this.#lines.push('.br');
      const [name, ...rest] = usage.split(' ');
      this.#lines.push([`\\fB${escape(name)}\\fR`, ...rest.map(placed)].join(' '));
    }
  }

  /** An option, argument or file, and what it is. */
  item(term, text) {
    this.#lines.push('.TP', term.startsWith('-') ? optionTerm(term) : inline(`\`${term}\``));
    this.#text(inline(text));
  }

  bullet(text) {
    this.#lines.push('.IP \\(bu 2');
    this.#text(inline(text));
  }

  /** Lines that keep their breaks. */
  code(lines) {
    this.#lines.push('.PP', '.RS 4', '.EX', ...lines.map((line) => guarded(typed(line))), '.EE');
    this.#lines.push('.RE');
  }

  toString() {
    // a paragraph begins by itself behind a heading
    const kept = this.#lines.filter(
      (line, index) => line !== '.PP' || !/^\.S[HS] /.test(this.#lines[index - 1] ?? ''),
    );
    return `${kept.join('\n')}\n`;
  }

  #text(text) {
    for (const line of wrapped(text === '' ? '\\&' : text)) this.#lines.push(guarded(line));
  }
}

function escape(text) {
  return text.replaceAll('\\', '\\(rs').replaceAll('-', '\\-').replaceAll('`', '\\(ga');
}

/** What is typed: each character has to come out as itself, and not as what typesetters put in its place. */
function typed(text) {
  const escaped = escape(text).replaceAll("'", '\\(aq');
  return escaped.replaceAll('~', '\\(ti').replaceAll('^', '\\(ha');
}

/** What stands between backquotes in bold. */
function inline(text) {
  return text
    .split(/(`[^`]+`)/)
    .map((part) =>
      part.length > 2 && part.startsWith('`')
        ? `\\fB${typed(part.slice(1, -1))}\\fR`
        : escape(part),
    )
    .join('');
}

/** "-t, --time <time>": names in bold, values in italics. */
function optionTerm(flags) {
  return flags
    .split(/([<[][^>\]]*[>\]])/)
    .map((part) =>
      /^[<[]/.test(part) ? placed(part) : escape(part).replace(/(\\-[^ ,]+)/g, '\\fB$1\\fR'),
    )
    .join('');
}

function placed(word) {
  return /^[<[]/.test(word) ? `\\fI${escape(word.replace(/[<>]/g, ''))}\\fR` : escape(word);
}

/** A line that begins like a request of roff's is none. */
function guarded(line) {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

function wrapped(text) {
  const lines = [''];
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const last = lines.at(-1);
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
