#!/bin/bash
# WebDAV: Apache's mod_dav as Debian configures it, with basic authentication. It serves as www-data, and so DIR is
# made passable for others.
. "$(dirname "$(realpath "$0")")/lib.sh"

service() {
  need apache2-bin curl openssl
  local port password conf=$DIR/conf module
  port=$(port http) password=$(secret password)
  mkdir -p "$DIR/data/dav/readonly" "$DIR/locks"
  chmod 711 "$DIR" "$DIR/data" && chmod 755 "$conf"
  chown -R www-data "$DIR/data/dav" "$DIR/locks"
  echo "backup:$(openssl passwd -apr1 "$password")" >"$conf/users"
  {
    for module in mpm_event authz_core authn_core authn_file authz_user auth_basic dir mime dav dav_fs alias; do
      echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    cat <<END
ServerName localhost
Listen 127.0.0.1:$port
PidFile $DIR/run/apache.pid
ErrorLog $DIR/log/error.log
CustomLog $DIR/log/access.log "%m %U %>s"
DocumentRoot $DIR/data
DAVLockDB $DIR/locks/dav
User www-data
Group www-data
TypesConfig /etc/mime.types
AddEncoding x-gzip .gz
<Directory $DIR/data>
  DAV on
  AuthType Basic
  AuthName duplifs
  AuthUserFile $conf/users
  Require valid-user
</Directory>
<Location /dav/readonly>
  <LimitExcept GET HEAD OPTIONS PROPFIND>
    Require all denied
  </LimitExcept>
</Location>
END
  } >"$conf/apache.conf"
  [ -e /etc/mime.types ] || sed -i '/^TypesConfig/d' "$conf/apache.conf"
  spawn apache /usr/sbin/apache2 -f "$conf/apache.conf" -DFOREGROUND
  wait_for 20 curl -sSf -m 10 -u "backup:$password" -X PROPFIND -H 'Depth: 0' \
    "http://127.0.0.1:$port/dav/"
  emit URL "http://127.0.0.1:$port/dav/"
  emit USERNAME backup
  emit PASSWORD "$password"
}

main "$@"
