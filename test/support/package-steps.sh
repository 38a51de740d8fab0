#!/bin/sh
# What a user does with the packages, step by step, in a root file system that has no Node.js and no compiler. The packages
# are in /packages: first.deb, second.deb (the same, of a higher version) and portable.tar.xz. Run as root.
set -eu

step() { echo "== $1"; }
fail() { echo "FAILED: $1" >&2; exit 1; }
as_anna() { setpriv --reuid=anna --regid=anna --init-groups env -i HOME=/home/anna USER=anna PATH=/usr/bin:/bin LC_ALL=C.UTF-8 sh -euc "$1"; }

step 'no Node.js and no compiler are here'
for program in node nodejs npm cc gcc g++ make python3; do
  if command -v "$program"; then fail "$program is here"; fi
done
useradd --create-home anna
# as every machine that has been started has it
ln -sf ../proc/self/mounts /etc/mtab

step 'install'
export DEBIAN_FRONTEND=noninteractive
apt-get install -q -y --no-install-recommends /packages/first.deb
duplifs --version
man_page=/usr/share/man/man1/duplifs.1.gz
gzip -t "$man_page" || fail 'no manual page'
[ -x /sbin/mount.duplifs ] || fail 'no /sbin/mount.duplifs'
duplifs doctor

use() {
  as_anna "
    cd; export PASSPHRASE='a good passphrase'; PATH=$1:\$PATH; work=\$HOME/$2; mkdir \$work; cd \$work
    mkdir -p source/letters mnt
    echo 'Dear Grandma' >source/letters/grandma.txt
    head -c 3000000 /dev/urandom >source/sea.raw
    duplifs backup source file://\$work/backup
    echo 'Yours' >>source/letters/grandma.txt
    rm source/sea.raw
    duplifs backup source file://\$work/backup
    duplifs verify file://\$work/backup source
    duplifs restore file://\$work/backup restored
    diff -r source restored
    for engine in kernel libfuse; do
      duplifs mount --daemon --fuse-engine \$engine file://\$work/backup mnt
      diff -r source mnt/latest
      [ \"\$(stat -c %s mnt/versions/sea.raw/*)\" = 3000000 ]
      duplifs umount mnt
    done
    duplifs doctor file://\$work/backup
  "
}

step 'a backup, a restore, mounts as an ordinary user'
use /usr/bin first
step 'a mount by mount(8)'
mkdir /mnt/backup
mount -t duplifs file:///home/anna/first/backup /mnt/backup -o env-file=/packages/passphrase
diff -r /home/anna/first/source /mnt/backup/latest
umount /mnt/backup
mount -t fuse.duplifs file:///home/anna/first/backup /mnt/backup -o env-file=/packages/passphrase
umount /mnt/backup
step 'by the name of duplicity'
ln -s /usr/bin/duplifs /usr/local/bin/duplicity
duplicity --version | grep '^duplicity ' || fail 'duplicity is not answered for'
rm /usr/local/bin/duplicity

step 'an upgrade keeps caches and profiles'
as_anna '
  duplifs init daily --source ~/first/source --url file://$HOME/profile --no-encryption --no-test
  duplifs run daily
'
kept() { find /home/anna -type f ! -name '*-wal' ! -name '*-shm' -exec sha256sum {} + | sort; }
kept >/tmp/before
grep -q /.cache/ /tmp/before || fail 'there is no cache'
dpkg -i /packages/second.deb
kept >/tmp/after
cmp /tmp/before /tmp/after
as_anna "PASSPHRASE='a good passphrase' duplifs ls file://\$HOME/first/backup | grep grandma"
as_anna 'duplifs run daily && duplifs history daily'

step 'purge leaves nothing but the data of users'
mkdir -p /etc/cron.d
printf '# Made by: duplifs schedule\n' >/etc/cron.d/duplifs-home
printf '# mine\n' >/etc/cron.d/duplifs-mine
apt-get purge -q -y duplifs
[ -f /etc/cron.d/duplifs-mine ] || fail 'a file of another was removed'
rm /etc/cron.d/duplifs-mine
left=$(find / -xdev -name '*duplifs*' ! -path '/home/*' ! -path '/packages/*' ! -path '/root/*' ! -path '/proc/*')
[ -z "$left" ] || fail "left behind: $left"
[ -f /home/anna/first/backup/"$(ls /home/anna/first/backup | head -n 1)" ] || fail 'the backup is gone'

step 'the portable archive, from any folder'
mkdir -p '/opt/some folder'
apt-get install -q -y --no-install-recommends xz-utils
tar -C '/opt/some folder' --strip-components=1 -xJf /packages/portable.tar.xz
ln -s '/opt/some folder/bin/duplifs' /usr/local/bin/duplifs
use /usr/local/bin second
echo 'all steps passed'
