/** What nobody who compares a tree can do without: every folder listed and every entry's lstat. `node bare-walk.js FOLDER` */
import { lstatSync, readdirSync } from 'node:fs';

const folders = [Buffer.from(process.argv[2])];
const slash = Buffer.from('/');
let bytes = 0;
while (folders.length > 0) {
  const folder = folders.pop();
  for (const name of readdirSync(folder, { encoding: 'buffer' })) {
    const path = Buffer.concat([folder, slash, name]);
    const found = lstatSync(path);
    bytes += found.size;
    if (found.isDirectory()) folders.push(path);
  }
}
console.log(bytes);
