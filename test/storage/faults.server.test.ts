/** A few rows of the table in test/long/faults.test.ts: lines and disks that fail in the middle of a call. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Service, servicesHere } from '../services/service.js';
import { FaultyLine } from '../support/faulty-line.js';
import { backends, breakLine, fillDisk } from './faults/table.js';

describe.runIf(servicesHere)('a failing storage (SFTP)', () => {
  const backend = backends['SFTP'];
  if (backend === undefined) throw new Error('There is no SFTP');
  let service: Service;
  let line: FaultyLine;
  let port: number;
  beforeAll(async () => {
    service = await Service.start(backend.service);
    line = new FaultyLine(backend.port(service));
    port = await line.start();
  });
  afterAll(async () => {
    await line.stop();
    await service.remove();
  });

  it.each([
    ['vanish', 'write'],
    ['freeze', 'close'],
    ['drip', 'read'],
  ] as const)('that begins to %s ends a call: %s', async (fault, call) => {
    await breakLine(backend, { service, line, port }, { fault, call, name: `${fault}-${call}` });
  });

  // which of the writes that are on their way fails first is a matter of luck
  it.each([1, 2, 3])('says that its disk is full, each time (%i)', async (time) => {
    await fillDisk(backend, { service, port }, `full-${time}`);
  });
});
