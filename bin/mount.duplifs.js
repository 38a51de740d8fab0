#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { mountHelper } from '../dist/program/mount-helper.js';

mountHelper(fileURLToPath(new URL('duplifs.js', import.meta.url)));
