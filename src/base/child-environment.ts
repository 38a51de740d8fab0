/**
 * What other programs see of our environment: the little that programs in general need, and nothing secret. They,
 * and what they leave running (gpg its agent), would else keep passphrases and passwords that are not for them.
 */

type Variables = Readonly<Record<string, string | undefined>>;

/** Where programs and their files are, who runs them, in which language, at which terminal. */
const general = new RegExp(
  `^(?:${[
    'PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|TERM|TZ|LANG|LANGUAGE|LC_[A-Z]+',
    'LD_LIBRARY_PATH|LD_PRELOAD|DYLD_LIBRARY_PATH|SSL_CERT_FILE|SSL_CERT_DIR',
    'XDG_[A-Z_]+|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY',
  ].join('|')})$`,
);

/** What single programs read besides. */
const ownOf = {
  gpg: /^(?:GNUPGHOME|GPG_AGENT_INFO|GPG_TTY|PINENTRY_USER_DATA|SSH_AUTH_SOCK)$/,
  /** rclone's own variables, among them those that set up remotes; not those of the clouds. */
  rclone: /^(?:RCLONE_[A-Za-z0-9_]+|SSH_AUTH_SOCK|(?:https?|all|no)_proxy)$/i,
  rsync: /^(?:RSYNC_[A-Z_]+|SSH_AUTH_SOCK|SSH_ASKPASS|SSH_ASKPASS_REQUIRE)$/,
  ssh: /^(?:SSH_AUTH_SOCK|SSH_ASKPASS|SSH_ASKPASS_REQUIRE|(?:https?|all|no)_proxy)$/i,
} as const;

/** A program that is given more than the general variables. */
export type ChildProgram = keyof typeof ownOf;

/** The variables of `env` (by default ours) that a program is given. */
export function childEnvironment(
  program?: ChildProgram,
  env: Variables = process.env,
): Record<string, string> {
  const own = program === undefined ? undefined : ownOf[program];
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (general.test(name) || own?.test(name) === true) chosen[name] = value;
  }
  return chosen;
}
