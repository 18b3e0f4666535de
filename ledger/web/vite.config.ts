import { defineConfig } from "vite";
import { offline } from "./build/offline.ts";

const server = "http://127.0.0.1:8321"; // `vledger serve`

export default defineConfig({
  base: "/",
  appType: "mpa",
  plugins: [
    offline({ page: "kiosk/index.html", worker: "src/kiosk/worker.ts", file: "kiosk/worker.js" }),
  ],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the Content-Security-Policy has no data: for scripts and styles
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        door: "index.html",
        kiosk: "kiosk/index.html",
        till: "till/index.html",
        desk: "desk/index.html",
        me: "me/index.html",
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/v1", "/health", "/login", "/openapi.json"].map((path) => [path, server]),
    ),
  },
});
