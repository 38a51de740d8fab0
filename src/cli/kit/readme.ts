/** The instructions that lie in a kit: for whoever opens it years later, with duplifs or without. */
import { kitFolder, kitPartNames, profilePartPrefix } from '../../kit/index.js';
import type { KitDescription } from '../../kit/index.js';
import { formatLocalTime } from '../../time/index.js';
import { shellWord } from './kept-options.js';

export interface ReadmeFacts {
  readonly description: KitDescription;
  /** Names of the parts that the kit has besides this one. */
  readonly parts: ReadonlySet<string>;
  /** Whether there are sets that only a passphrase opens. */
  readonly needsPassphrase: boolean;
}

export function readmeText(facts: ReadmeFacts): string {
  return `${[...head(facts), ...withDuplifs(facts), ...withoutDuplifs(facts), ...contents(facts)].join('\n')}\n`;
}

function head({ description, needsPassphrase, parts }: ReadmeFacts): string[] {
  const { url, madeSeconds, opensAll } = description;
  const secretKeys = description.keys.filter(({ isSecret }) => isSecret);
  return [
    'HOW TO GET THE FILES BACK',
    '=========================',
    '',
    `This is the kit for the backup at`,
    '',
    `    ${url}`,
    '',
    `made on ${formatLocalTime(madeSeconds)} by ${description.producer}. Whoever has it can read the backup: keep it as`,
    'you would keep the files themselves.',
    '',
    ...(secretKeys.length > 0 && !parts.has(kitPartNames.passphrases)
      ? [
          'The secret keys in it have passphrases of their own, unless they were made without.',
          'These are NOT in the kit.',
          '',
        ]
      : []),
    ...(needsPassphrase && !parts.has(kitPartNames.passphrases)
      ? ['The backup is encrypted with a passphrase. It is NOT in the kit.', '']
      : []),
    ...(parts.has(kitPartNames.credentials)
      ? []
      : ['The user name and password (or keys) of the storage are NOT in the kit.', '']),
    ...(opensAll ? [] : ['It does not have all the keys that all backups there want.', '']),
  ];
}

function withDuplifs({ description }: ReadmeFacts): string[] {
  return [
    'With duplifs',
    '------------',
    '',
    '    duplifs kit open FILE',
    '',
    'takes the keys, the known key of the server and all else of the file that you have decrypted to read this, and tries',
    'whether the newest backup can be restored. Then:',
    '',
    `    duplifs restore ${optionsText(description)}${shellWord(description.url)} restored`,
    '',
  ];
}

interface Step {
  readonly title: string;
  readonly commands: readonly string[];
}

function withoutDuplifs({ description, parts }: ReadmeFacts): string[] {
  const steps: Step[] = [
    {
      title: 'Open the kit, if you have not yet, and go into its folder:',
      commands: ['gpg -d FILE | tar x', `cd ${kitFolder}`],
    },
  ];
  const add = (part: string, title: string, ...commands: string[]): void => {
    if (parts.has(part)) steps.push({ title, commands });
  };
  add(
    kitPartNames.keys,
    'Import the keys, and say that they are yours:',
    'gpg --import keys.asc',
    "grep -E '^[0-9A-F]{40}:[0-9]+:$' keys.asc | gpg --import-ownertrust",
  );
  add(
    kitPartNames.knownHosts,
    'Let ssh know the server:',
    'mkdir -p ~/.ssh',
    'cat known_hosts >> ~/.ssh/known_hosts',
  );
  add(kitPartNames.credentialsShell, 'Set what the storage wants to see:', '. ./credentials.sh');
  add(
    'ssh/key-1',
    'Log in with the keys in ssh/, by this option of duplicity:',
    '--ssh-options "-oIdentityFile=$PWD/ssh/key-1"',
  );
  const options = optionsText(duplicityOptions(description));
  steps.push({
    title: 'Restore. PASSPHRASE is the passphrase of the secret key, or of the backup:',
    commands: [
      'read -rs PASSPHRASE && export PASSPHRASE',
      `duplicity restore ${options}${shellWord(description.url)} restored`,
    ],
  });
  return [
    'With duplicity and GnuPG alone',
    '------------------------------',
    '',
    ...steps.flatMap(({ title, commands }, at) => [
      `${at + 1}. ${title}`,
      '',
      ...commands.map((line) => `    ${line}`),
      '',
    ]),
  ];
}

function contents({ parts }: ReadmeFacts): string[] {
  const known: Readonly<Record<string, string>> = {
    [kitPartNames.description]: 'what duplifs must know: URL, options, keys',
    [kitPartNames.keys]: 'public and secret keys, and that they are trusted',
    [kitPartNames.knownHosts]: "the server's own keys, as ssh knows them",
    [kitPartNames.passphrases]: 'passphrases, one a line, for --passphrase-file',
    [kitPartNames.credentials]: 'what the storage wants to see',
    [kitPartNames.credentialsShell]: 'the same for a shell',
    [kitPartNames.certificates]: 'certificates of the server (--ssl-cacert-file)',
  };
  const what = (name: string): string =>
    known[name] ?? (name.startsWith(profilePartPrefix) ? 'a profile, for ~/.config/duplifs/' : '');
  const rows = [...parts].map((name) => `    ${name.padEnd(26)} ${what(name)}`.trimEnd());
  return ['What is in the kit', '------------------', '', ...rows];
}

/** duplicity does not know all of ours. */
function duplicityOptions(description: KitDescription): KitDescription {
  const own =
    /^--(?:require-encryption|allow-unprotected|allow-old-keys|ignore-mdc-error|allow-rollback)/;
  return { ...description, options: description.options.filter((word) => !own.test(word)) };
}

function optionsText({ options }: Pick<KitDescription, 'options'>): string {
  return options.map((word) => `${shellWord(word)} `).join('');
}
