/** Backups that run by themselves: profiles, their runs with logs and history, notices and schedules. */
export {
  profileFrom,
  findProfileFile,
  listProfiles,
  loadProfile,
  profileTexts,
} from './file/profile.js';
export type { Profile, ProfileText } from './file/profile.js';
export { readProfileFile } from './file/read-profile-file.js';
export type { ProfileFile } from './file/read-profile-file.js';
export { mergeOptions, optionWords, selectionKeys } from './file/option-key.js';
export type { GivenOption, OptionKey, OptionKeys } from './file/option-key.js';
export {
  expandHome,
  isProfileName,
  ownProfileFolder,
  profileFolders,
  stateFolder,
} from './file/profile-places.js';
export { importProfile } from './import/import-profile.js';
export type { Imported } from './import/import-profile.js';
export { Draft, draftText } from './import/draft.js';
export { lastBackupSeconds, nothingSinceSeconds, readHistory } from './logs/history.js';
export { redactor } from './logs/redact.js';
export type { Redact } from './logs/redact.js';
export { logFolder, logNamePattern } from './logs/run-log.js';
export type { LogLine } from './logs/run-log.js';
export type { RunRecord } from './logs/run-record.js';
export { sendNotices } from './notices/send-notices.js';
export { readNote } from './run/running-note.js';
export { runProfile } from './run/run-profile.js';
export type { RunMeans, StepResult, Told } from './run/run-means.js';
export { keepOptions } from './run/run-steps.js';
export type { Step } from './run/run-steps.js';
export { overdueText, summaryOf } from './run/run-text.js';
export {
  installCron,
  installUnits,
  isSystemdRunning,
  listSchedules,
  removeCron,
  removeUnits,
} from './schedule/install.js';
export type { Keeper, Scheduled, Written } from './schedule/install.js';
export { nextRunSeconds, parseSchedule } from './schedule/parse-schedule.js';
export type { Schedule } from './schedule/parse-schedule.js';
export { defaultJitterSeconds } from './schedule/units.js';
export type { SecretSource } from './schema.js';
export { resolveSecret } from './secrets/resolve-secret.js';
