import type { SetTimes } from '../../archive/index.js';
import { encodeName } from '../../base/index.js';
import type { BackupOptions } from '../options.js';
import type { SetPlan } from './set-plan.js';

export function setPlanOf(options: BackupOptions, times: SetTimes): SetPlan {
  const { encoding, volumeBytes } = options;
  const { storage, archiveFolder, prefixes } = options.target;
  const { maxBlockLength, hostname, writesIndex, listsFiles, followsLinks, producer } = options;
  return {
    times,
    encoding,
    storage,
    archiveFolder,
    prefixes,
    volumeBytes,
    maxBlockLength,
    hostname,
    writesIndex,
    listsFiles,
    followsLinks,
    producer,
    localDir: options.source,
    sourceRoot: encodeName(options.source),
  };
}
