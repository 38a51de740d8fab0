import { readFileSync } from 'node:fs';
import { Argument } from 'commander';
import type { Command } from 'commander';
import { LazyCommand } from '../options/index.js';

/** Beside the program (scripts/bundle.js), by what they are called where shells look for them. */
const files = { bash: 'duplifs.bash', zsh: '_duplifs', fish: 'duplifs.fish' } as const;

/** `completion`: the script that has a shell ask the program what words may be. */
export function completionCommand(): Command {
  return new LazyCommand('completion')
    .description('print the script that makes a shell complete commands, options, times and paths')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(files)))
    .action((shell: keyof typeof files) => {
      process.stdout.write(readFileSync(new URL(`completions/${files[shell]}`, import.meta.url)));
    });
}
