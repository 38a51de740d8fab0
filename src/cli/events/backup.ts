import type { BackupEvent } from '../../backup/index.js';
import type { EventTexts } from './event-text.js';

export const backupTexts: EventTexts<BackupEvent> = {
  'backup-placeholder': () => '',
};
