import type { CatalogEvent } from '../../catalog/index.js';
import type { EventTexts } from './event-text.js';

export const catalogTexts: EventTexts<CatalogEvent> = {
  'catalog-placeholder': () => '',
};
