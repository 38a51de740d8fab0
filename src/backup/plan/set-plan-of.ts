import { volumesDigest } from '../../archive/index.js';
import type { SetTimes } from '../../archive/index.js';
import { encodeName } from '../../base/index.js';
import type { ChainBase } from '../../target/index.js';
import type { BackupOptions } from '../options.js';
import type { SetPlan } from './set-plan.js';

/** The plan of a set; `base` is what an incremental is made on. */
export function setPlanOf(options: BackupOptions, times: SetTimes, base?: ChainBase): SetPlan {
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
    bound: {
      base: base && {
        setKey: base.base.key,
        volumesDigest: volumesDigest(base.manifest.volumes),
      },
      signKey: options.target.signsWith,
    },
    listsFiles,
    followsLinks,
    producer,
    localDir: options.source,
    sourceRoot: encodeName(options.source),
  };
}
