#!/bin/sh
# What a user does with the packages, step by step, in a root file system that has no Node.js and no compiler. The packages
# are in /packages: first.deb, second.deb (the same, of a higher version) and portable.tar.xz; an S3 server is what ENDPOINT, BUCKET,
# AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION say. Run as root.
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
gzip -t /usr/share/man/man8/mount.duplifs.8.gz || fail 'no manual page of mount.duplifs'
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

# PATH, FOLDER: what `npm run demo` shows, and what it shows of it is held against what was written
demo() {
  as_anna "
    cd; export PASSPHRASE='a good passphrase'; PATH=$1:\$PATH; mkdir \$HOME/$2; cd \$HOME/$2; export XDG_CACHE_HOME=\$PWD/cache
    day() { echo \$((\$(date +%s) - \$1 * 86400)); }
    back_up() { duplifs backup home backup --no-print-statistics -v warning --current-time \$(day \$1); }
    mkdir -p home/letters home/photos mnt
    echo 'Dear Grandma,' >home/letters/grandma.txt
    echo '# What I never sent' >home/letters/draft.md
    head -c 2000000 /dev/urandom >home/photos/sea.raw
    echo 'Nothing happened.' >home/diary.txt
    back_up 3
    echo 'thank you for the socks.' >>home/letters/grandma.txt
    echo 'Rain.' >>home/diary.txt
    back_up 1
    echo 'Threw the draft away.' >>home/diary.txt
    rm home/letters/draft.md
    back_up 0
    duplifs mount --daemon backup mnt
    [ \"\$(ls mnt/snapshots | wc -l)\" = 3 ]
    diff -r home mnt/latest
    [ \"\$(cat mnt/at/2D/diary.txt)\" = 'Nothing happened.' ]
    [ \"\$(cat mnt/versions/letters/draft.md/*)\" = '# What I never sent' ]
    [ \"\$(ls mnt/versions/diary.txt | wc -l)\" = 3 ]
    duplifs umount mnt
  "
}

# PATH, FOLDER: there and back over the network
use_s3() {
  as_anna "
    cd; export PASSPHRASE='a good passphrase'; PATH=$1:\$PATH; cd \$HOME/$2
    export AWS_ACCESS_KEY_ID='$AWS_ACCESS_KEY_ID' AWS_SECRET_ACCESS_KEY='$AWS_SECRET_ACCESS_KEY' AWS_REGION='$AWS_REGION'
    s3() { command=\$1; shift; duplifs \$command --s3-endpoint-url '$ENDPOINT' \"\$@\"; }
    url=s3://$BUCKET/packages/$2-$3
    cp -a source for-s3
    s3 backup for-s3 \$url
    echo 'Mine' >>for-s3/letters/grandma.txt
    s3 backup for-s3 \$url
    s3 verify \$url for-s3
    s3 restore \$url from-s3
    diff -r for-s3 from-s3
    s3 mount --daemon \$url mnt
    diff -r for-s3 mnt/latest
    duplifs umount mnt
    s3 doctor \$url
  "
}

step 'a backup, a restore, mounts as an ordinary user'
use /usr/bin first
step 'S3, there and back'
use_s3 /usr/bin first "$SUITE"
step "the demo's steps"
demo /usr/bin demo
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
use_s3 /usr/local/bin second "$SUITE"
demo /usr/local/bin portable-demo
echo 'all steps passed'
