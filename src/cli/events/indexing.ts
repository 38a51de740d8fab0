import type { IndexingEvent } from '../../indexing/index.js';
import { formatSize } from '../progress-line.js';
import type { EventTexts } from './event-text.js';

export const indexingTexts: EventTexts<IndexingEvent> = {
  'index-written': ({ setKey, name, bytes }) =>
    `Index of set ${setKey}: "${name}", ${formatSize(bytes)}`,
  'index-not-written': ({ setKey, reason }) => `Set ${setKey} gets no index: ${reason}`,
};
