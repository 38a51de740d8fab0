import { describe, expect, test } from 'vitest';
import { parseEnvironmentFile, parseHelperCall, splitOptions } from '../../src/cli/fstab.js';

const url = 's3://bucket/backup';

function argvOf(...parameters: string[]): readonly string[] {
  const call = parseHelperCall(parameters);
  if (call.kind !== 'mount') throw new Error('nothing is mounted');
  return call.argv;
}

describe('the helper of mount(8)', () => {
  test('makes the command line of duplifs mount', () => {
    expect(
      argvOf(url, '/mnt', '-o', 'rw,time=3D,key-file=/etc/a,key-file=/etc/b,allow_other'),
    ).toEqual([
      'mount',
      '--daemon',
      '--time=3D',
      '--key-file=/etc/a',
      '--key-file=/etc/b',
      '--allow-other',
      '--',
      url,
      '/mnt',
    ]);
  });

  test('takes the URL also as "duplifs#url", and the descriptor of mount.fuse3', () => {
    expect(argvOf(`duplifs#${url}`, '/dev/fd/4', '-o', 'ro').slice(-3)).toEqual([
      '--',
      url,
      '/dev/fd/4',
    ]);
  });

  test('keeps URLs and mountpoints apart from options, whatever they look like', () => {
    expect(argvOf('file:///a,b=c', '/mnt/-x', '-v', '-n', '-t', 'duplifs')).toEqual([
      'mount',
      '--daemon',
      '--',
      'file:///a,b=c',
      '/mnt/-x',
    ]);
  });

  test('passes over what fstab and systemd say to mount(8) itself', () => {
    const options =
      'defaults,noauto,user,_netdev,nofail,ro,noexec,relatime,x-systemd.automount,comment=mine,fsname=x';
    expect(argvOf(url, '/mnt', '-o', options)).toEqual(['mount', '--daemon', '--', url, '/mnt']);
  });

  test('takes options that mount.fuse3 would call by their underscored names', () => {
    expect(
      argvOf(url, '/mnt', '-o', 'no_default_permissions,uid=1000,umask=077').slice(2, 5),
    ).toEqual(['--no-default-permissions', '--uid=1000', '--umask=077']);
  });

  test('does nothing when it is asked for nothing (-f)', () => {
    expect(parseHelperCall([url, '/mnt', '-fv'])).toEqual({ kind: 'nothing' });
  });

  test('refuses secrets, remounts and missing parameters', () => {
    const call = (options: string) => () => argvOf(url, '/mnt', '-o', options);
    expect(call('passphrase=x')).toThrow('would show a secret');
    expect(call('sign_passphrase=x')).toThrow('would show a secret');
    expect(call('ro,remount')).toThrow('cannot be remounted');
    expect(() => argvOf(url)).toThrow('A URL and a mountpoint are needed');
    expect(() => argvOf(url, '/mnt', 'more')).toThrow('are needed');
  });

  test('reads secrets from a file of variables', () => {
    expect(parseHelperCall([url, '/mnt', '-o', 'env-file=/etc/duplifs.env'])).toEqual({
      kind: 'mount',
      argv: ['mount', '--daemon', '--', url, '/mnt'],
      environmentFile: '/etc/duplifs.env',
    });
    const file =
      '# comment\nPASSPHRASE="a b=c"\nexport AWS_KEY=\'x\'\nEMPTY=\nnot a variable\n A=1 \r\n';
    expect(parseEnvironmentFile(file)).toEqual({
      PASSPHRASE: 'a b=c',
      AWS_KEY: 'x',
      EMPTY: '',
      A: '1',
    });
  });

  test('splits options at commas that are neither quoted nor escaped', () => {
    expect(splitOptions('a,b="x,y",c=p\\,q,d=\\\\')).toEqual(['a', 'b=x,y', 'c=p,q', 'd=\\']);
    expect(splitOptions('')).toEqual(['']);
  });
});
