/**
 * All manual pages: duplifs(1) and one for each command, from the same commands and guides as --help, with what docs/cli.md says of
 * them; duplifs-profile(5), duplifs-time(7) and duplifs-storage(7).
 */
import { readFileSync } from 'node:fs';
import {
  exitCodeRows,
  guideOf,
  optionText,
  pathOf,
  shortMeaning,
  shownCommands,
  topicsOf,
} from '../../dist/cli/help/index.js';
import { isStorageOption } from '../../dist/cli/storage-options.js';
import { addMarkdown } from './markdown.js';
import { Page } from './page.js';

/** @param {{ program: import('commander').Command, version: string, date: string }} about */
export function manualPages({ program, version, date }) {
  const made = { version, date };
  const sections = new Map(
    doc('cli.md')
      .split(/^## /m)
      .map((section) => [section.split('\n', 1)[0], section.slice(section.indexOf('\n') + 1)]),
  );
  return [
    mainPage(program, sections, made),
    ...shownCommands(program).map((command) => commandPage(command, sections, made)),
    profilePage(made),
    ...topicsOf(program)
      .filter(({ name }) => name !== 'exit-codes')
      .map((topic) => topicPage(topic, made)),
  ];
}

function mainPage(program, sections, made) {
  const about = 'mount, restore and make backups in the format of duplicity';
  const page = new Page({ name: 'duplifs', section: 1, about, ...made });
  page.heading('Synopsis');
  page.synopsis(['duplifs <command> [options] [arguments]', 'duplifs help [command|topic]']);
  page.heading('Description');
  page.paragraph(program.description());
  addMarkdown(page, sections.get('# The command line') ?? '');
  page.heading('Commands');
  for (const command of program.commands.filter((one) => shownCommands(program).includes(one))) {
    page.item(`duplifs-${command.name()}(1)`, aboutOf(command));
  }
  page.heading('Passphrases');
  addMarkdown(page, sections.get('Passphrases'));
  page.heading('Exit status');
  for (const { codes, meaning } of exitCodeRows) page.item(codes.join(', '), meaning);
  page.heading('Files');
  page.item(
    '~/.cache/duplifs',
    'the archive dir: what this machine knows of each backup; --archive-dir names another',
  );
  page.item('~/.config/duplifs, /etc/duplifs', 'profiles: duplifs-profile(5)');
  seeAlso(page, ['duplifs-profile(5)', 'duplifs-storage(7)', 'duplifs-time(7)', 'duplicity(1)']);
  return page;
}

function commandPage(command, sections, made) {
  const path = pathOf(command);
  const guide = guideOf(path);
  const name = `duplifs-${path.replaceAll(' ', '-')}`;
  const page = new Page({ name, section: 1, about: aboutOf(command), ...made });
  page.heading('Synopsis');
  const usage = command.createHelp().commandUsage(command);
  page.synopsis(usage.split('\n').map((line) => line.trim()));
  page.heading('Description');
  page.paragraph(sentence(command.description()));
  // the help that stands there is the rest of this page
  addMarkdown(
    page,
    (sections.get(path) ?? '').replace(/```\nUsage.*?```/s, '').replace(storagePointer, ''),
  );
  if (guide?.notes !== undefined) page.paragraph(guide.notes);
  const { registeredArguments: given } = command;
  if (given.length > 0) page.heading('Arguments');
  for (const argument of given) page.item(argument.name(), argument.description);
  addOptions(page, command);
  const inner = shownCommands(command);
  if (inner.length > 0) page.heading('Commands');
  for (const one of inner)
    page.item(`duplifs-${pathOf(one).replaceAll(' ', '-')}(1)`, aboutOf(one));
  page.heading('Examples');
  page.code(guide.examples);
  page.heading('Exit status');
  page.item('0', shortMeaning(0));
  for (const code of guide.codes) {
    const [number, text] = typeof code === 'number' ? [code, shortMeaning(code)] : code;
    page.item(String(number), text);
  }
  page.paragraph('All codes are in duplifs(1).');
  seeAlso(page, ['duplifs(1)', 'duplifs-profile(5)', 'duplifs-storage(7)', 'duplifs-time(7)']);
  return page;
}

/** The section on options says it. */
const storagePointer = /^(?:And|Also) the \[storage options\]\(#storage-options\)\.$/m;

function addOptions(page, command) {
  page.heading('Options');
  const shown = command.createHelp().visibleOptions(command);
  for (const option of shown.filter((one) => !isStorageOption(one))) {
    page.item(option.flags, optionText(option));
  }
  if (shown.some(isStorageOption)) {
    page.paragraph(
      'The options of storages, which all commands on a backup have: duplifs-storage(7).',
    );
  }
}

function profilePage(made) {
  const about = 'backups of duplifs that run by themselves';
  const page = new Page({ name: 'duplifs-profile', section: 5, about, ...made });
  page.heading('Description');
  addMarkdown(page, doc('profiles.md'));
  seeAlso(page, ['duplifs-init(1)', 'duplifs-run(1)', 'duplifs-schedule(1)', 'duplifs-profile(1)']);
  return page;
}

function topicPage({ name, title, parts }, made) {
  const page = new Page({ name: `duplifs-${name}`, section: 7, about: title, ...made });
  page.heading('Description');
  for (const part of parts) {
    if (typeof part === 'string') page.paragraph(part);
    else {
      if (part.heading !== undefined) page.heading(part.heading);
      for (const [term, text] of part.items) page.item(term, text);
    }
  }
  // what the topic does not tell: from the second heading on
  if (name === 'storage')
    addMarkdown(page, doc('storage/README.md').replace(/^.*?(?=^## )/ms, ''), 'docs/storage');
  seeAlso(page, ['duplifs(1)', 'duplifs-profile(5)']);
  return page;
}

function seeAlso(page, names) {
  page.heading('See also');
  page.paragraph(
    names.filter((name) => !name.startsWith(`${page.name}(${page.section}`)).join(', '),
  );
}

function aboutOf(command) {
  return guideOf(pathOf(command))?.summary ?? command.description();
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function doc(path) {
  return readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');
}
