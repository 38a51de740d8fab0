/** The Debian package, by dpkg-deb. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { filesBelow } from './dependency-files.js';
import { run } from './run.js';
import { manifest, root, sourceDateSeconds } from './settings.js';

const templates = join(root, 'packaging/debian');

/** Where shells look for completion that packages bring. */
export const completionPlaces = {
  'duplifs.bash': 'usr/share/bash-completion/completions/duplifs',
  _duplifs: 'usr/share/zsh/vendor-completions/_duplifs',
  'duplifs.fish': 'usr/share/fish/vendor_completions.d/duplifs.fish',
};

/** The version as Debian writes it: what comes before a release sorts before it. */
export function debianVersion(version) {
  return `${version.replace('-', '~')}-1`;
}

/**
 * @param {import('./stage.js').Staged} staged
 * @param {string} into the folder of the package
 * @returns {string} the name of the package
 */
export function makeDebian(staged, into) {
  const tree = join(dirname(staged.program), 'deb');
  const place = (path) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    return join(tree, path);
  };
  cpSync(staged.program, place('usr/lib/duplifs'), { recursive: true, verbatimSymlinks: true });
  symlinkSync('../lib/duplifs/bin/duplifs', place('usr/bin/duplifs'));
  symlinkSync('../lib/duplifs/bin/mount.duplifs', place('usr/sbin/mount.duplifs'));
  symlinkSync('mount.duplifs', place('usr/sbin/mount.fuse.duplifs')); // the type that /proc/mounts shows
  for (const path of filesBelow(staged.pages)) {
    writeFileSync(place(`usr/share/man/${path}.gz`), packed(join(staged.pages, path)));
  }
  for (const name of ['mount.duplifs', 'mount.fuse.duplifs']) {
    symlinkSync('../man1/duplifs-mount.1.gz', place(`usr/share/man/man8/${name}.8.gz`));
  }
  for (const [file, to] of Object.entries(completionPlaces)) {
    copyFileSync(join(staged.completions, file), place(to));
  }
  for (const unit of ['duplifs@.service', 'duplifs@.timer']) {
    copyFileSync(join(templates, unit), place(`usr/lib/systemd/system/${unit}`));
  }
  copyFileSync(join(templates, 'lintian-overrides'), place('usr/share/lintian/overrides/duplifs'));
  placeDocuments(staged, place);
  placeControl(staged, tree);

  const name = `duplifs_${debianVersion(manifest.version)}_${staged.architecture.debian}.deb`;
  run(
    'dpkg-deb',
    ['--root-owner-group', '-Zxz', '-z6', '--threads-max=1', '--build', tree, join(into, name)],
    {
      env: { ...process.env, SOURCE_DATE_EPOCH: `${sourceDateSeconds()}` },
    },
  );
  rmSync(tree, { recursive: true, force: true });
  return name;
}

function placeDocuments({ documents }, place) {
  const folder = 'usr/share/doc/duplifs';
  for (const path of filesBelow(documents)) {
    const file = join(documents, path);
    if (path === 'LICENCES') writeFileSync(place(`${folder}/copyright`), copyright(file));
    else if (path === 'CHANGELOG.md') {
      writeFileSync(place(`${folder}/changelog.gz`), packed(file));
    } else copyFileSync(file, place(`${folder}/${path}`));
  }
  writeFileSync(place(`${folder}/changelog.Debian.gz`), gzipped(changelog()));
}

/** Debian wants the text of the Apache License to be that of its own copy. */
function copyright(licences) {
  const text = readFileSync(licences, 'utf8').replaceAll(
    /[ \t]*Apache License\s+Version 2\.0, January 2004[\s\S]*?END OF TERMS AND CONDITIONS/g,
    'The Apache License, Version 2.0, is in /usr/share/common-licenses/Apache-2.0.',
  );
  return `This is the Debian package of duplifs, made by its developers. It holds the program, the packages of npm that it
needs, and Node.js. The licences of all of them follow. The GNU Lesser General Public License 3, which one has, is in
/usr/share/common-licenses/LGPL-3.

${text}`;
}

/** Who made the package: as Debian's tools take it, or the developers. */
export function maintainer(env = process.env) {
  const { DEBFULLNAME: name = 'duplifs developers', DEBEMAIL: email } = env;
  return `${name} <${email ?? 'maintainers@duplifs.example.org'}>`;
}

function changelog() {
  const day = new Date(sourceDateSeconds() * 1000).toUTCString().replace('GMT', '+0000');
  return `duplifs (${debianVersion(manifest.version)}) unstable; urgency=medium

  * Release ${manifest.version}: changelog.gz says what is new.

 -- ${maintainer()}  ${day}
`;
}

function placeControl({ program, elf, architecture }, tree) {
  const folder = join(tree, 'DEBIAN');
  const files = filesBelow(tree, { isDeep: true });
  const kibibytes = Number(run('du', ['-sk', '--apparent-size', tree]).split('\t')[0]);
  mkdirSync(folder);
  const text = fillControl(readFileSync(join(templates, 'control'), 'utf8'), {
    ...wantedLibraries(elf.map((path) => join(program, path))),
    version: debianVersion(manifest.version),
    size: kibibytes,
    architecture: architecture.debian,
  });
  writeFileSync(join(folder, 'control'), text);
  const isRegular = (path) => run('stat', ['-c', '%F', join(tree, path)]).startsWith('regular');
  const sums = run('md5sum', files.filter(isRegular), { cwd: tree });
  writeFileSync(join(folder, 'md5sums'), sums);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join(templates, script), join(folder, script));
    chmodSync(join(folder, script), 0o755);
  }
}

/** The control file, with what stands for values filled in. */
export function fillControl(template, { version, size, architecture, libc, libstdcxx }) {
  const values = {
    VERSION: version,
    ARCHITECTURE: architecture,
    MAINTAINER: maintainer(),
    SIZE: size,
    LIBC: libc,
    LIBSTDCXX: libstdcxx,
  };
  return template.replaceAll(/@([A-Z]+)@/g, (_, name) => `${values[name]}`);
}

/** The GCC with which each version of libstdc++'s symbols came, as Debian's package libstdc++6 is numbered. */
const gccOf = { 28: 10, 29: 11, 30: 12, 31: 13, 32: 13.1, 33: 14, 34: 15 };

/** The oldest libc and libstdc++ that have every symbol which is wanted of them. */
export function wantedLibraries(files) {
  // it reads those of every machine, as objdump does not
  const symbols = run('readelf', ['--dyn-syms', '--wide', ...files]);
  const libc = newest(symbols, /GLIBC_(2\.\d+)/g);
  const minor = newest(symbols, /GLIBCXX_3\.4\.(\d+)/g);
  const libstdcxx = gccOf[minor] ?? (Number(minor) < 28 ? 10 : undefined);
  if (libc === undefined || libstdcxx === undefined) {
    throw new Error(`It is not known which libstdc++6 has GLIBCXX_3.4.${minor}`);
  }
  return { libc, libstdcxx };
}

function newest(symbols, pattern) {
  const found = [...symbols.matchAll(pattern)].map(([, version]) => version);
  const minorOf = (version) => Number(version.split('.').at(-1));
  return found.reduce((a, b) => (a !== undefined && minorOf(a) >= minorOf(b) ? a : b), undefined);
}

function packed(file) {
  return gzipped(readFileSync(file));
}

/** Without a name or a time in it. */
function gzipped(bytes) {
  return gzipSync(bytes, { level: 9 });
}
