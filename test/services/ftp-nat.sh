#!/bin/bash
# FTP as old routers and NAS have it: behind NAT, so that the address in the answer to PASV is a private one that leads
# nowhere, and without EPSV, SIZE, MLST and MLSD.
. "$(dirname "$(realpath "$0")")/lib.sh"

service() {
  need python3-pyftpdlib curl
  local port password conf=$DIR/conf
  port=$(port ftp) password=$(secret password)
  cat >"$conf/server.py" <<'END'
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

port, password, root = sys.argv[1:]
handler = FTPHandler
handler.masquerade_address = '10.255.255.1'
lacking = ('EPSV', 'EPRT', 'SIZE', 'MLST', 'MLSD')
handler.proto_cmds = {name: of for name, of in handler.proto_cmds.items() if name not in lacking}
handler.authorizer = DummyAuthorizer()
handler.authorizer.add_user('backup', password, root, perm='elradfmwMT')
ThreadedFTPServer(('127.0.0.1', int(port)), handler).serve_forever()
END
  spawn pyftpdlib /usr/bin/python3 "$conf/server.py" "$port" "$password" "$DIR/data"
  wait_for 20 curl -sSf -m 10 --ftp-skip-pasv-ip -u "backup:$password" "ftp://127.0.0.1:$port/"
  emit HOST 127.0.0.1
  emit PORT "$port"
  emit USERNAME backup
  emit PASSWORD "$password"
  emit ROOT "$DIR/data"
}

main "$@"
