/** What is said of a target's chains and sets: for people and, as JSON, for programs. */
export { lockedTexts, missingTexts } from './missing-text.js';
export type { LockedSet } from './missing-text.js';
export { changesJson, changesText, fileHistoryText, setsAt } from './show-changes.js';
export { statusRecord } from './status-record.js';
export { mirrorGapText } from './mirror-text.js';
export { statusObject } from './status-json.js';
export type { ChainStatus, CollectionStatus, SetStatus, WarningStatus } from './status-json.js';
export { formatLastFull, formatStatus } from './status-text.js';
export type { StatusOptions } from './status-text.js';
export { formatNote, formatWarning } from './warning-text.js';
export { refusalText } from './refusal-text.js';
