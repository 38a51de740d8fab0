/**
 * What every storage must do, run against a real server of each kind. A backend's own tests call
 * `conformance` with the way to its server, and then test what is special about it.
 */
import { afterAll, describe } from 'vitest';
import { openStorage } from '../../../src/storage/index.js';
import type { Storage } from '../../../src/storage/index.js';
import { describeFailures } from './failures.js';
import { describeNames } from './names.js';
import { describeReading } from './reading.js';
import { places } from './subject.js';
import type { Having, Subject, Tested } from './subject.js';
import { describeWholeFiles } from './whole-files.js';

export { places };

export function conformance(kind: string, having: readonly Having[], subject: () => Subject): void {
  const opened: Storage[] = [];
  const open: Tested['open'] = async (target, more = {}) => {
    const options = { retryDelaySeconds: 0.2, ...target.options, ...more };
    const storage = await openStorage(target.url, options);
    opened.push(storage);
    return storage;
  };
  const tested = { subject, having, open };

  describe(`${kind} as every storage`, () => {
    afterAll(async () => {
      await Promise.all(opened.map((storage) => storage.close()));
    });

    describeReading(tested);
    describeNames(tested);
    describeWholeFiles(tested);
    describeFailures(tested);
  });
}
