import { Command } from 'commander';
import type { Option } from 'commander';

/**
 * A command that makes its options when somebody looks at them. There are some fifty commands with dozens of options each, and
 * a line uses one of them: to make all took as long as most of what the line asks for.
 */
export class LazyCommand extends Command {
  #pending: (() => void)[] = [];

  constructor(name?: string) {
    super(name);
    const { options } = this;
    Object.defineProperty(this, 'options', {
      get: () => {
        this.#make();
        return options;
      },
    });
  }

  /** Calls `make`, which adds options, once they are looked at, behind what was to be made before. */
  later(make: () => void): this {
    this.#pending.push(make);
    return this;
  }

  override addOption(option: Option): this {
    return this.later(() => {
      super.addOption(option);
    });
  }

  /** What is made may look at the options that were made so far, and add more. */
  #make(): void {
    while (this.#pending.length > 0) {
      const makers = this.#pending;
      this.#pending = [];
      for (const make of makers) make();
    }
  }
}
