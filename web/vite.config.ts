import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npx vite web` shows changes at once, beside a server on port 4000. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { outDir: '../dist/web', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
  server: {
    proxy: { '/graphql': { target: 'http://127.0.0.1:4000', ws: true }, '/session': 'http://127.0.0.1:4000' },
  },
});
