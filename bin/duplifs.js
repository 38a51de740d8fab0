#!/usr/bin/env node
import { main } from '../dist/program/duplifs.js';

await main();
