#!/bin/sh
# What a user does with the package of npm, in a root file system that has Node.js (/opt/node) and npm (/opt/npm), and no compiler. The
# package is /packages/duplifs.tgz. Run as root.
set -eu

step() { echo "== $1"; }
fail() { echo "FAILED: $1" >&2; exit 1; }
as_anna() { setpriv --reuid=anna --regid=anna --init-groups env -i HOME=/home/anna USER=anna PATH="$PATH" LC_ALL=C.UTF-8 PASSPHRASE='a good passphrase' sh -euc "$1"; }

export PATH="/opt/node/bin:$PATH"
step 'no compiler is here'
for program in cc gcc g++ make python3; do
  if command -v "$program"; then fail "$program is here"; fi
done
useradd --create-home anna
ln -sf ../proc/self/mounts /etc/mtab

# Node.js 26 itself wants libatomic1
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends fuse3 libatomic1

step 'install'
npm() { node /opt/npm/bin/npm-cli.js "$@"; }
npm install --global --prefix /usr/local --no-audit --no-fund /packages/duplifs.tgz
installed=/usr/local/lib/node_modules/duplifs
echo "KIBIBYTES of all that duplifs needs: $(du -sk "$installed/node_modules" | cut -f1)"
echo "NATIVE: $(cd "$installed" && find . -name '*.node' | sort | tr '\n' ' ')"

step 'doctor'
duplifs --version
duplifs doctor | tee /tmp/doctor
grep -q '^ok  *sqlite: ' /tmp/doctor || fail 'no SQLite'

step 'a backup, a restore, a mount as an ordinary user'
as_anna '
  cd; mkdir -p source/letters mnt; echo "Dear Grandma" >source/letters/grandma.txt
  head -c 3000000 /dev/urandom >source/sea.raw
  duplifs backup source file://$HOME/backup
  echo "Yours" >>source/letters/grandma.txt
  duplifs backup source file://$HOME/backup
  duplifs verify file://$HOME/backup source
  duplifs restore file://$HOME/backup restored
  diff -r source restored
  duplifs ls file://$HOME/backup >listed
  grep grandma listed
  duplifs mount --daemon file://$HOME/backup mnt
  diff -r source mnt/latest
  duplifs umount mnt
  duplifs doctor file://$HOME/backup
' 2>/tmp/errors || fail "$(cat /tmp/errors)"
if grep -i 'experimental\|warning' /tmp/errors; then fail 'there was something to warn of'; fi

step 'another program imports the library'
mkdir /tmp/program && cd /tmp/program
mkdir node_modules && ln -s "$installed" node_modules/duplifs
cat >own.mjs <<'EOF'
import { openRepository } from 'duplifs';
const repository = await openRepository({ storage: 'file:///home/anna/backup', keys: { passphrases: ['a good passphrase'] }, report: () => undefined });
console.log('SETS', repository.sets().length);
await repository.close();
EOF
node own.mjs | grep -x 'SETS 2' || fail 'the library does not open the backup'
echo 'all steps passed'
