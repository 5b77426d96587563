import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2022",
    // Nothing is written into the page itself: the server's content security policy forbids it.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": process.env["WEIR_CONSOLE"] ?? "http://127.0.0.1:9465" } },
});
