/** The software bill of materials, in CycloneDX's form. */
import { createHash } from 'node:crypto';
import { npmCommand, run } from './run.js';
import { manifest, sourceDateSeconds } from './settings.js';

/**
 * What npm says of the lockfile, less what is not shipped, and with the Node.js that is. The same commit gives the same
 * text: its time is that of the commit, its serial number is made of what it says.
 *
 * @param {object} options
 * @param {string} options.folder with package.json and package-lock.json
 * @param {readonly Shipped[]} options.shipped
 * @param {{ version: string, package: string, integrity: string }} options.node
 * @returns {string} JSON
 * @throws {Error} if npm fails, or does not know what is shipped
 *
 * @typedef {import('./licences.js').Shipped} Shipped
 */
export function billOfMaterials({ folder, shipped, node }) {
  const text = run(
    process.execPath,
    [npmCommand(), 'sbom', '--sbom-format=cyclonedx', '--package-lock-only'],
    { cwd: folder },
  );
  return `${JSON.stringify(reproducible(JSON.parse(text), { shipped, node }), undefined, 2)}\n`;
}

/**
 * @param {any} bill as npm has it
 * @param {{ shipped: readonly Shipped[], node: object }} what
 */
export function reproducible(bill, { shipped, node }) {
  const licences = new Map(shipped.map((one) => [`${one.name}@${one.version}`, one.licence]));
  const components = bill.components
    .filter((one) => licences.has(one['bom-ref']))
    .map((one) => ({ ...one, licenses: one.licenses ?? stated(licences.get(one['bom-ref'])) }));
  if (components.length !== licences.size) {
    for (const { 'bom-ref': ref } of components) licences.delete(ref);
    throw new Error(`npm's bill of materials lacks: ${[...licences.keys()].join(', ')}`);
  }
  // npm takes the name of the folder
  const own = { ...bill.metadata.component, type: 'application', name: manifest.name };
  const ref = `node@${node.version}`;
  components.push(nodeComponent(ref, node));
  const made = {
    ...bill,
    metadata: {
      ...bill.metadata,
      timestamp: new Date(sourceDateSeconds() * 1000).toISOString(),
      component: own,
    },
    components,
    dependencies: dependenciesAmong([own, ...components], bill.dependencies, {
      ref: own['bom-ref'],
      dependsOn: [ref],
    }),
  };
  delete made.serialNumber;
  const digest = createHash('sha256').update(JSON.stringify(made)).digest('hex');
  return { ...made, serialNumber: `urn:uuid:${uuidOf(digest)}` };
}

function stated(licence) {
  return [{ expression: licence.replace(/^\(|\)$/g, '') }];
}

/** The dependencies of components on each other, and `more` of one of them. */
function dependenciesAmong(components, dependencies, more) {
  const refs = new Set(components.map((one) => one['bom-ref']));
  return dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({
      ref,
      dependsOn: [
        ...dependsOn.filter((to) => refs.has(to)),
        ...(ref === more.ref ? more.dependsOn : []),
      ],
    }));
}

function nodeComponent(ref, { version, package: name, integrity }) {
  const content = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
  return {
    'bom-ref': ref,
    type: 'platform',
    name: 'node',
    version,
    purl: `pkg:npm/${name}@${version}`,
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [{ license: { id: 'MIT' } }],
  };
}

/** A UUID of version 8 (RFC 9562, section 5.8) of a digest in hexadecimal. */
function uuidOf(digest) {
  const variant = ((Number.parseInt(digest[16], 16) & 3) | 8).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}
