/** The portable archive: one folder that runs wherever it is unpacked. */
import { copyFileSync, cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run.js';
import { manifest, root, sourceDateSeconds } from './settings.js';

/** Where shells look for completion, below a prefix as /usr/local. */
export const completionPlaces = {
  'duplifs.bash': 'share/bash-completion/completions/duplifs',
  _duplifs: 'share/zsh/site-functions/_duplifs',
  'duplifs.fish': 'share/fish/vendor_completions.d/duplifs.fish',
};

/**
 * @param {import('./stage.js').Staged} staged
 * @param {string} into the folder of the archive
 * @returns {string} the name of the archive
 */
export function makePortable(staged, into) {
  const name = `duplifs-${manifest.version}-linux-${staged.architecture.name}`;
  const folder = join(dirname(staged.program), 'portable', name);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const program of ['duplifs', 'mount.duplifs']) {
    symlinkSync(`../lib/duplifs/bin/${program}`, join(folder, 'bin', program));
  }
  cpSync(staged.program, join(folder, 'lib/duplifs'), { recursive: true, verbatimSymlinks: true });
  cpSync(staged.documents, join(folder, 'share/doc/duplifs'), { recursive: true });
  cpSync(staged.pages, join(folder, 'share/man'), { recursive: true });
  for (const [file, place] of Object.entries(completionPlaces)) {
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    copyFileSync(join(staged.completions, file), join(folder, place));
  }
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const archive = join(into, `${name}.tar.xz`);
  pack(dirname(folder), name, archive);
  rmSync(folder, { recursive: true, force: true });
  return `${name}.tar.xz`;
}

/** A tar archive whose bytes depend on nothing but names, modes and contents; one thread, for several cut blocks. */
function pack(folder, name, archive) {
  const tar = join(folder, 'archive.tar');
  run(
    'tar',
    [
      '--sort=name',
      '--format=gnu',
      `--mtime=@${sourceDateSeconds()}`,
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u=rwX,go=rX',
      '-cf',
      tar,
      name,
    ],
    { cwd: folder },
  );
  run('xz', ['-T1', '-6', '--force', '--quiet', tar]);
  copyFileSync(`${tar}.xz`, archive);
}
