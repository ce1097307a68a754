import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { LuaEngine } from "../../lua/engine.ts";
import type { HostContext, LuaFunction, LuaValue } from "../../lua/values.ts";
import { checkOptions } from "./options.ts";
import {
  type Declaration,
  type Problem,
  type Word,
  type WordSpec,
  wantNothing,
  words,
} from "./words.ts";

/** A declaration whose word has been read; its table of options follows, or is forgotten. */
interface Begun {
  readonly word: Word;
  readonly name: string;
  readonly where: string;
  finished: boolean;
}

/** Collects what the words of a conf.lua declare, and everything that is wrong with it. */
export class Declarations {
  readonly wanted = wantNothing();
  readonly problems: Problem[] = [];
  /** Functions of mediators, by the mediator's name. */
  readonly functions = new Map<string, LuaFunction>();
  readonly #begun: Begun[] = [];
  readonly #owners = new Map<string, Begun>();
  readonly #engine: LuaEngine;

  /** Gives `engine` the words: `word "name" { … }`, or `word { … }` where no name is wanted. */
  constructor(engine: LuaEngine) {
    this.#engine = engine;
    for (const [word, { named }] of Object.entries(words) as [Word, WordSpec][]) {
      engine.define(word, ([first], context) => {
        if (!named) return this.#declareUnnamed(word, first, context);
        const begun = this.#begin(word, first, context.where());
        return [([options]) => this.#declare(begun, options)];
      });
    }
  }

  /** The word `log` as a table that is called: the table itself is the first argument. */
  log([, options]: LuaValue[], context: HostContext): [] {
    return this.#declareUnnamed("log", options, context);
  }

  /** Words whose table of options never came. */
  unfinished(): Problem[] {
    return this.#begun
      .filter(({ finished }) => !finished)
      .map(({ word, name, where }) => {
        const message = `${word} "${name}": no options, expected ${word} "${name}" { … }`;
        return { where, code: "missing", message };
      });
  }

  #declareUnnamed(word: Word, options: LuaValue, context: HostContext): [] {
    return this.#declare(this.#begin(word, word, context.where()), options);
  }

  #begin(word: Word, name: LuaValue, where: string): Begun {
    const valid = typeof name === "string" && name !== "";
    if (!valid) {
      const message = `Cannot declare a ${word}: it has no name, expected ${word} "NAME" { … }`;
      this.#report({ where, code: "missing", message });
    }
    if (this.#begun.length >= limits.declarations) {
      const detail = `Cannot declare more: ${limits.declarations} declarations are too many`;
      throw new ConfigError("limit", "", detail);
    }
    const begun = { word, name: valid ? name : "", where, finished: !valid };
    this.#begun.push(begun);
    return begun;
  }

  #declare(begun: Begun, written: LuaValue): [] {
    begun.finished = true;
    const { word, name, where } = begun;
    if (name === "") return [];
    const spec: WordSpec = words[word];
    const who = spec.named ? `${word} "${name}"` : word;
    const owner = this.#owners.get(name);
    if (owner !== undefined) {
      const message = `${who}: this name is taken (${owner.where})`;
      this.#report({ where, code: "duplicate", message });
    }
    this.#owners.set(name, begun);
    const { values, faults } = checkOptions(spec.options, written, (fn) => {
      this.functions.set(name, fn);
      return { fingerprint: this.#engine.fingerprint(fn) };
    });
    for (const [code, fault] of faults) {
      this.#report({ where, code, message: `${who}: ${fault}` });
    }
    const declarations: Declaration[] = this.wanted[word];
    declarations.push({ word, name, where, options: values } as Declaration);
    return [];
  }

  /** Keep the first of very many problems: nobody reads the others. */
  #report(problem: Problem): void {
    if (this.problems.length < limits.configurationProblems) this.problems.push(problem);
  }
}
