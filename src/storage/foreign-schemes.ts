/** duplicity's URLs for services that are reached by rclone here: the type of remote to make for each. */
export const rcloneTypes: Readonly<Record<string, string>> = {
  azure: 'azureblob',
  b2: 'b2',
  box: 'box',
  boxdrive: 'box',
  'cf+hubic': 'swift',
  'cf+http': 'swift',
  dpbx: 'dropbox',
  gdocs: 'drive',
  gdrive: 'drive',
  gs: 'google cloud storage',
  'boto+gs': 'google cloud storage',
  jottacloud: 'jottacloud',
  mega: 'mega',
  megav2: 'mega',
  megav3: 'mega',
  onedrive: 'onedrive',
  pca: 'swift',
  pydrive: 'drive',
  'pydrive+gdocs': 'drive',
  swift: 'swift',
};

/** What to write instead of the URLs that GIO (Déjà Dup) has for storages that are reached directly here. */
export const gioSchemes: Readonly<Record<string, string>> = {
  'gio+sftp': 'Write sftp://user@host//folder, with two slashes before a folder from the root',
  'gio+ssh': 'Write sftp://user@host//folder, with two slashes before a folder from the root',
  'gio+dav': 'Write webdav://user@host/folder',
  'gio+davs': 'Write webdavs://user@host/folder',
  'gio+ftp': 'Write ftp://user@host/folder',
  'gio+ftps': 'Write ftps://user@host/folder',
  'gio+smb': 'Mount the share, and write the path to the folder; or use rclone',
  'gio+google-drive':
    'Make a remote of type "drive" by "rclone config", and write rclone://remote:path',
};
