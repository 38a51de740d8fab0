import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommonOptions } from '../../../src/cli/common-options.js';
import { keptOptions } from '../../../src/cli/kit/kept-options.js';

function kept(...words: string[]): string[] {
  const command = addCommonOptions(new Command()).exitOverride();
  command.parse(words, { from: 'user' });
  return keptOptions(command);
}

describe('of the options of a command line', () => {
  it('those stay that say how to read, as words that say the same again', () => {
    const words = [
      ...['--file-prefix=ada-', '--sign-key=ABCD', '--numeric-owner'],
      ...['--s3-endpoint-url=https://s3.example.org', '--ssh-options=-oPort=22 -oUser=ada'],
    ];
    expect(kept(...words).toSorted()).toEqual(words.toSorted());
    expect(kept(...kept(...words))).toEqual(kept(...words));
    expect(kept()).toEqual([]);
  });

  it('those go that hold secrets or name files of this machine', () => {
    const gone = [
      ...['--archive-dir', '/a', '--tempdir', '/b', '--key-file', '/c', '--passphrase-file', '/d'],
      ...['--webdav-headers', 'Authorization: secret', '--ssl-cacert-file', '/e', '--force', '-v9'],
      ...['--ssh-options', '-i /f -F /g -oIdentityFile=/h -o UserKnownHostsFile=/i'],
      ...['--ssh-options', "-oGlobalKnownHostsFile='/j k'"],
    ];
    expect(kept(...gone)).toEqual([]);
    const mixed = `-oIdentityFile='/h i' -oPort=22 -o 'ProxyCommand nc "%h" %p' -p 23`;
    const [word = ''] = kept('--ssh-options', mixed);
    expect(word).toBe('--ssh-options=-oPort=22 "-oProxyCommand nc \\"%h\\" %p" -p23');
    expect(kept(word)).toEqual([word]);
  });
});
