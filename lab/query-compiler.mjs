// Prisma's query compiler as the built server has it: asked only for what was not asked already when it was built.
// Bundled in the place of Prisma's own by build-server.mjs; docs/decisions/0024-the-server-is-one-file.md.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import * as own from 'prisma-query-compiler';

/** The plans by request that warm-server.cjs kept, when they are of this build; SKEP_BUILD is its fingerprint. */
const readPlans = () => {
  const file = join(__dirname, 'query-plans.bin');
  if (!existsSync(file)) return new Map();
  const { build, plans } = deserialize(readFileSync(file));
  return build === SKEP_BUILD ? plans : new Map();
};

let kept = null;
let isLoaded = false;

/** Compiles the WebAssembly module at its first use: a tenth of a second, and tens of megabytes from then on. */
const load = () => {
  if (isLoaded) return;
  const module = new WebAssembly.Module(readFileSync(join(__dirname, 'query-compiler.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './query_compiler_fast_bg.js': own });
  own.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  isLoaded = true;
};

/**
 * What Prisma's runtime makes for each of its clients. A plan follows from the schema and the request alone, and values
 * stand in neither: one that was made when the server was built is the one that would be made now.
 */
export class QueryCompiler {
  #options;
  #own = null;

  constructor(options) {
    this.#options = options;
    // warm-server.cjs has it compile all of prisma/requests.txt.
    globalThis.skepPlansAsked?.begin(this);
  }

  #compiler() {
    load();
    this.#own ??= new own.QueryCompiler(this.#options);
    return this.#own;
  }

  compile(request) {
    kept ??= readPlans();
    const plan = kept.get(request) ?? this.#compiler().compile(request);
    globalThis.skepPlansAsked?.set(request, plan);
    return plan;
  }

  compileBatch(request) {
    return this.#compiler().compileBatch(request);
  }

  free() {
    this.#own?.free();
  }
}

/** The runtime calls it with the module that it instantiated itself, which is an empty one here. */
export const __wbg_set_wasm = () => undefined;
