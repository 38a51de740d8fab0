#!/bin/sh
// 2>/dev/null; PATH="${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin"; exec sh "$(dirname "$(readlink -f "$0")")/with-node.sh" "$0" "$@"
// Above is what a shell makes of this file: it finds Node.js, which then starts here.
import { fileURLToPath } from 'node:url';
import { mountHelper } from '../dist/program/mount-helper.js';

mountHelper(fileURLToPath(new URL('duplifs.js', import.meta.url)));
