import type { VolumeEvent } from '../../volume/index.js';
import type { EventTexts } from './event-text.js';

const mebibyte = 1024 * 1024;

export const volumeTexts: EventTexts<VolumeEvent> = {
  'cache-shrunk': ({ folder, bytes }) =>
    `"${folder}" is full: the cache of decoded volumes makes do with ${(bytes / mebibyte).toFixed(1)} MiB, and more is ` +
    'decoded again. Choose a folder with more room with --tempdir, or a smaller --cache-size',
};
