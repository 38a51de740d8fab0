/** Each storage × each way in which a line or a disk fails × each call: never a crash, a hang, or something left. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Service, servicesHere } from '../services/service.js';
import { backends, breakLine, calls, fillDisk, lineFaults } from '../storage/faults/table.js';
import { FaultyLine } from '../support/faulty-line.js';

describe.runIf(servicesHere)('a failing storage', () => {
  describe.each(Object.keys(backends))('%s', (name) => {
    const backend = backends[name];
    if (backend === undefined) throw new Error(`There is no ${name}`);
    let service: Service;
    let line: FaultyLine;
    let port: number;
    beforeAll(async () => {
      if (backend.installs !== undefined) await (await Service.start(backend.installs)).remove();
      service = await Service.start(backend.service);
      line = new FaultyLine(backend.port(service), { isFtp: backend.isFtp ?? false });
      port = await line.start();
    });
    afterAll(async () => {
      await line.stop();
      await service.remove();
    });

    for (const fault of lineFaults) {
      for (const call of calls) {
        it(`${fault}: ${call}`, async () => {
          const of = { fault, call, name: `${fault}-${call}` };
          await breakLine(backend, { service, line, port }, of);
        });
      }
    }

    it.runIf(backend.root !== undefined)('is full: write', async () => {
      await fillDisk(backend, { service, port }, 'full');
    });
  });
});
