#!/bin/bash
# WebDAV: nginx with its own module for PUT and MOVE and with dav-ext for PROPFIND, basic authentication.
. "$(dirname "$(realpath "$0")")/lib.sh"

service() {
  need nginx libnginx-mod-http-dav-ext curl openssl
  local port password conf=$DIR/conf
  port=$(port http) password=$(secret password)
  mkdir -p "$DIR/data/dav/readonly" "$DIR/tmp"
  echo "backup:$(openssl passwd -apr1 "$password")" >"$conf/users"
  cat >"$conf/nginx.conf" <<END
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
user root;
daemon off;
pid $DIR/run/nginx.pid;
error_log $DIR/log/error.log;
events {}
http {
  access_log $DIR/log/access.log;
  client_body_temp_path $DIR/tmp;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:$port;
    root $DIR/data;
    auth_basic duplifs;
    auth_basic_user_file $conf/users;
    location /dav/ {
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS;
    }
    location /dav/readonly/ {
      limit_except GET PROPFIND { deny all; }
      dav_ext_methods PROPFIND OPTIONS;
    }
  }
}
END
  spawn nginx /usr/sbin/nginx -c "$conf/nginx.conf"
  wait_for 20 curl -sSf -m 10 -u "backup:$password" -X PROPFIND -H 'Depth: 0' \
    "http://127.0.0.1:$port/dav/"
  emit URL "http://127.0.0.1:$port/dav/"
  emit USERNAME backup
  emit PASSWORD "$password"
}

main "$@"
