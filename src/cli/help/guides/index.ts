/** The guides of all commands. */
import type { Guide, Guides } from '../guide.js';
import { keepingGuides } from './keeping.js';
import { keyGuides } from './keys.js';
import { profileGuides } from './profiles.js';
import { readingGuides } from './reading.js';
import { writingGuides } from './writing.js';

export const guides: Guides = {
  ...readingGuides,
  ...writingGuides,
  ...keepingGuides,
  ...keyGuides,
  ...profileGuides,
};

export function guideOf(path: string): Guide | undefined {
  return guides[path];
}
