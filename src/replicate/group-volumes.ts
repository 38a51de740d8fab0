/** Which volumes of a set are joined to one, by their sizes on the storage. */

/** Numbers of volumes that become one. */
export type VolumeGroup = readonly number[];

/**
 * Groups of volumes that follow each other and are no larger together than `volumeBytes`; each alone without that.
 * `sizes` are those of the volumes 1, 2, … in bytes.
 */
export function groupVolumes(
  sizes: readonly number[],
  volumeBytes: number | undefined,
): readonly VolumeGroup[] {
  const groups: number[][] = [];
  let bytes = 0;
  for (const [at, size] of sizes.entries()) {
    const group = groups.at(-1);
    if (group !== undefined && volumeBytes !== undefined && bytes + size <= volumeBytes) {
      group.push(at + 1);
      bytes += size;
    } else {
      groups.push([at + 1]);
      bytes = size;
    }
  }
  return groups;
}
