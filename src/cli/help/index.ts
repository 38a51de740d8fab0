/** Help: of commands on one screen and in full, of topics, and where to begin. */
export { applyHelp, withoutHelpAll } from './apply.js';
export type { HelpLength } from './apply.js';
export { commandAt, pathOf, shownCommands } from './command-paths.js';
export { exitCodeRows, shortMeaning } from './exit-code-rows.js';
export type { Guide } from './guide.js';
export { guideOf, guides } from './guides/index.js';
export { firstSteps } from './first-steps.js';
export { optionText } from './option-text.js';
export { storageUrls, topicNames, topicsOf, topicText } from './topics/index.js';
export type { Topic, TopicList } from './topics/index.js';
