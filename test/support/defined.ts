/** What may be left out must not be undefined (exactOptionalPropertyTypes); this leaves it out. */

export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its properties that are undefined. */
export function defined<T extends object>(object: T): Defined<T> {
  const known = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Defined<T>;
}
