/** Fills the catalog of a target until it is killed: `fill.ts TARGET`. Says when it begins. */
import { openTest } from '../support/open.js';

const { repository } = await openTest(process.argv[2] ?? '');
process.stdout.write('begun\n');
const [set] = repository.sets();
if (set !== undefined) await repository.snapshot(set).load();
