// Which files does a page need without a network? Listed from the bundle, and built into its service worker.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin, type ResolvedConfig, type Rolldown } from "vite";

interface Options {
  /** The page's HTML file, relative to the root. */
  page: string;
  /** Source of its service worker, which reads the list as `__PRECACHE__`. */
  worker: string;
  /** Where the worker goes in `dist`; what lies beside it is its scope. */
  file: string;
}

type Bundle = Rolldown.OutputBundle;

export function offline({ page, worker, file }: Options): Plugin {
  let config: ResolvedConfig;
  let list: { url: string; revision: string | null }[] = [];
  return {
    name: "offline",
    apply: "build",
    configResolved(resolved) {
      config = resolved;
    },
    writeBundle(_options, bundle) {
      const folder = page.slice(0, page.lastIndexOf("/") + 1);
      list = [
        { url: `/${folder}`, revision: digest(readFileSync(join(config.build.outDir, page))) },
        ...filesOf(bundle, page).map((name) => ({ url: `/${name}`, revision: null })),
        ...["kiosk/app.webmanifest", "icons/seal.svg"].map((name) => ({
          url: `/${name}`,
          revision: digest(readFileSync(join(config.publicDir, name))),
        })),
      ];
    },
    async closeBundle() {
      await build({
        configFile: false,
        root: config.root,
        publicDir: false,
        logLevel: "warn",
        define: { __PRECACHE__: JSON.stringify(list) },
        build: {
          target: "es2022",
          outDir: config.build.outDir,
          emptyOutDir: false,
          rollupOptions: { input: worker, output: { format: "iife", entryFileNames: file } },
        },
      });
    },
  };
}

/** The page's scripts, those that they load later, and their styles and pictures. */
function filesOf(bundle: Bundle, page: string): string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    const one = bundle[name];
    if (found.has(name) || one === undefined) return;
    found.add(name);
    if (one.type !== "chunk") return;
    for (const other of [...one.imports, ...one.dynamicImports]) visit(other);
    for (const other of one.viteMetadata?.importedCss ?? []) visit(other);
    for (const other of one.viteMetadata?.importedAssets ?? []) visit(other);
  };
  for (const one of Object.values(bundle)) {
    if (one.type === "chunk" && one.facadeModuleId?.endsWith(page)) visit(one.fileName);
  }
  return [...found].filter((name) => name.startsWith("assets/"));
}

function digest(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
