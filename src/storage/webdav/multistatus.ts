/** The answer to a PROPFIND (RFC 4918, 13), as far as a listing needs it. */
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { StoredObject } from '../storage.js';

/** A member of a collection. */
export interface Member {
  /** The last part of its path. */
  readonly name: string;
  readonly isCollection: boolean;
  /** Absent where the server does not say. */
  readonly size?: number | undefined;
  readonly modifiedSeconds?: number | undefined;
}

const propsSchema = z.looseObject({
  getcontentlength: z.unknown().optional(),
  getlastmodified: z.unknown().optional(),
  resourcetype: z.unknown().optional(),
});
const propstatSchema = z.looseObject({
  status: z.string().optional(),
  prop: z.union([propsSchema, z.string()]).optional(),
});
const answerSchema = z.object({
  multistatus: z.union([
    z.looseObject({
      response: z
        .array(z.looseObject({ href: z.unknown(), propstat: z.array(propstatSchema).optional() }))
        .optional(),
    }),
    z.string(),
  ]),
});

/** All that the answer names, the collection itself among them; undefined when it is no such answer. */
export function parseMultistatus(xml: string): Member[] | undefined {
  const parser = new XMLParser({
    removeNSPrefix: true,
    // lighttpd puts an attribute on times
    ignoreAttributes: true,
    parseTagValue: false,
    htmlEntities: true,
    isArray: (name: string) => name === 'response' || name === 'propstat',
  });
  const parsed = answerSchema.safeParse(parsedXml(parser, xml));
  if (!parsed.success) return undefined;
  const { multistatus } = parsed.data;
  if (typeof multistatus === 'string') return [];
  return (multistatus.response ?? []).flatMap(({ href, propstat = [] }) => {
    const name = nameOf(href);
    const member = name === undefined ? undefined : memberOf(name, propstat);
    return member === undefined ? [] : [member];
  });
}

/** As a file of a storage; undefined for what is none. A size that is not told counts as 0. */
export function storedMember(member: Member): StoredObject | undefined {
  if (member.isCollection) return undefined;
  const { name, size = 0, modifiedSeconds } = member;
  return modifiedSeconds === undefined ? { name, size } : { name, size, modifiedSeconds };
}

function parsedXml(parser: XMLParser, xml: string): unknown {
  try {
    return parser.parse(xml) as unknown;
  } catch {
    return undefined;
  }
}

/** Sabre (Nextcloud) tells what a resource lacks in a propstat of its own, with 404, before or after what it has. */
function memberOf(
  name: string,
  propstat: readonly z.infer<typeof propstatSchema>[],
): Member | undefined {
  let member: Member | undefined;
  for (const { status, prop } of propstat) {
    if (typeof prop !== 'object' || (status !== undefined && !/ 2\d\d\b/.test(status))) continue;
    const { resourcetype, getcontentlength, getlastmodified } = prop;
    const isCollection =
      typeof resourcetype === 'object' && resourcetype !== null && 'collection' in resourcetype;
    const size = typeof getcontentlength === 'string' ? Number(getcontentlength) : Number.NaN;
    const modified = typeof getlastmodified === 'string' ? Date.parse(getlastmodified) : Number.NaN;
    member = {
      name,
      isCollection: member?.isCollection === true || isCollection,
      size: getcontentlength !== '' && Number.isSafeInteger(size) ? size : member?.size,
      modifiedSeconds: Number.isNaN(modified)
        ? member?.modifiedSeconds
        : Math.floor(modified / 1000),
    };
  }
  return member;
}

/** A server may write a path or a whole URL, and may forget to encode a "%" in it. */
function nameOf(href: unknown): string | undefined {
  if (typeof href !== 'string') return undefined;
  const last = href.replace(/\/+$/, '').split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
