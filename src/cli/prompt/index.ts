/** Questions for secrets, on the terminal. */
export { askSecret } from './ask-secret.js';
export { askNewPassphrase } from './new-passphrase.js';
export { isAboutSigning } from './words.js';
