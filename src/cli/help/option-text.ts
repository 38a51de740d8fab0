/** The words behind an option: what it does, what it may be, and what it is where it is not given. */
import type { Option } from 'commander';

export function optionText(option: Option): string {
  const more: string[] = [];
  if (option.argChoices !== undefined) more.push(option.argChoices.join(', '));
  const initial = defaultText(option);
  if (initial !== undefined) more.push(`default: ${initial}`);
  const added = more.length === 0 ? '' : `(${more.join('; ')})`;
  return [option.description, added].filter((part) => part !== '').join(' ');
}

/** What says nothing is left out: a switch that is off, an empty text or list. */
function defaultText({ defaultValue, defaultValueDescription }: Option): string | undefined {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  const value: unknown = defaultValue;
  if (typeof value === 'number') return value >= 2 ** 30 ? `${value / 2 ** 30}G` : String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
