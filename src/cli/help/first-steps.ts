/** What `duplifs` alone shows: where to begin, for who has profiles and for who has none. */

export function firstSteps(profiles: readonly string[]): string {
  const [profile] = profiles;
  const steps = profile === undefined ? stepsWithout : stepsWith(profile);
  const width = steps.reduce((most, [line]) => Math.max(most, line.length), 0);
  return [
    "duplifs backs up in duplicity's format, shows backups as folders, and restores.",
    '',
    profile === undefined ? 'Begin with one of these:' : 'What you may want:',
    ...steps.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`),
    '',
    'All commands: duplifs --help',
    '',
  ].join('\n');
}

type Step = readonly [line: string, what: string];

const stepsWithout: readonly Step[] = [
  ['duplifs init', 'make a profile by questions'],
  ['duplifs backup ~/documents file:///mnt/disk', 'make a backup without one'],
  ['duplifs mount file:///mnt/disk ~/backups', 'see the backups there as folders'],
  ['duplifs doctor', 'check what this machine lacks'],
];

function stepsWith(profile: string): readonly Step[] {
  return [
    [`duplifs run ${profile}`, 'make the next backup'],
    [`duplifs mount ${profile} ~/backups`, 'look at all its backups as folders'],
    [`duplifs ls ${profile}`, 'list what is in the newest'],
    ['duplifs profile list', 'list all profiles with their last backup'],
    ['duplifs init', 'make another profile'],
  ];
}
