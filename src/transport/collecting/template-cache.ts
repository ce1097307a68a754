import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { TransportError } from "../../errors.ts";
import type { KnownTemplate } from "../../ipfix/sets/known-template.ts";
import { limits } from "../../limits.ts";
import { createAtomicFile } from "../atomic-file.ts";

/** What one exporter had announced when it was last heard. */
interface CachedPeer {
  /** Seconds since the epoch. */
  readonly heard: number;
  readonly templates: readonly KnownTemplate[];
}

/** Where a cache is, and how it learns what to keep. */
export interface TemplateCacheOptions {
  readonly path: string;
  /** The Templates of all exporters at this moment, by the exporter's name. */
  readonly current: () => Iterable<readonly [name: string, templates: readonly KnownTemplate[]]>;
  /** Gets a sentence when the cache cannot be read or written; collecting goes on without it. */
  readonly onProblem: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const uint16 = z.int().min(0).max(65_535);
const uint32 = z.int().min(0).max(4_294_967_295);
const field = z.tuple([uint32.or(z.literal(-1)), uint16, uint16]);
const schema = z.object({
  version: z.literal(1),
  peers: z.record(
    z.string(),
    z.object({
      heard: z.number(),
      templates: z.array(
        z.object({
          domain: uint32,
          id: uint16,
          scopeCount: uint16,
          fields: z.array(field).max(limits.templateFields),
          protocol: z.string().optional(),
        }),
      ),
    }),
  ),
});

/**
 * The Templates of a UDP collector on disk, so that a restart decodes at once instead of after the
 * exporters' next refresh, which may be half an hour away (RFC 7011 §8.4).
 */
export class TemplateCache {
  readonly #options: TemplateCacheOptions;
  /** Exporters of an earlier run that have not been heard in this one. */
  readonly #earlier = new Map<string, CachedPeer>();
  #timer: NodeJS.Timeout | undefined;

  /** Reads what is there; a file that is none is told and left to be overwritten. */
  constructor(options: TemplateCacheOptions) {
    this.#options = options;
    const oldest = options.now() / 1000 - limits.templateCacheSeconds;
    for (const [name, peer] of Object.entries(this.#read())) {
      if (peer.heard >= oldest) this.#earlier.set(name, peer);
    }
  }

  /** The Templates that the exporter `name` had announced to an earlier run. */
  take(name: string): readonly KnownTemplate[] {
    const peer = this.#earlier.get(name);
    this.#earlier.delete(name);
    return peer?.templates ?? [];
  }

  /** Something has changed: write soon, and once for many changes. */
  touch(): void {
    this.#timer ??= setTimeout(() => void this.flush(), limits.templateCacheWriteMs).unref();
  }

  /** Write now what `touch` has promised to; resolves once it is on disk, or was told not to be. */
  async flush(): Promise<void> {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.#write();
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.#options.onProblem(`Templates are not kept: ${error.message}`);
    }
  }

  async #write(): Promise<void> {
    const { path, current, now } = this.#options;
    const peers = Object.fromEntries(this.#earlier);
    const heard = Math.floor(now() / 1000);
    for (const [name, templates] of current()) {
      if (templates.length > 0) peers[name] = { heard, templates };
    }
    try {
      mkdirSync(dirname(path), { recursive: true });
    } catch (cause) {
      throw TransportError.from(`Cannot create ${dirname(path)}`, cause);
    }
    const file = createAtomicFile(path);
    try {
      file.write(Buffer.from(JSON.stringify({ version: 1, peers })));
    } catch (error) {
      file.abort();
      throw error;
    }
    await file.commit();
  }

  #read(): Readonly<Record<string, CachedPeer>> {
    const { path, onProblem } = this.#options;
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
        onProblem(TransportError.from(`Cannot read the Templates in ${path}`, cause).message);
      }
      return {};
    }
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data.peers as Readonly<Record<string, CachedPeer>>;
    onProblem(`Templates in ${path} are ignored: the file is damaged`);
    return {};
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
