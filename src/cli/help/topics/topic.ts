/** A page of help on something that all commands share; the manual has each as a page of its own, too. */
export interface Topic {
  readonly name: string;
  /** In a few words. */
  readonly title: string;
  /** Paragraphs and lists, in their order. */
  readonly parts: readonly (string | TopicList)[];
}

export interface TopicList {
  readonly heading?: string;
  readonly items: readonly (readonly [term: string, text: string])[];
}
