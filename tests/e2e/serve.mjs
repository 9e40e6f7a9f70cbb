// A static server for the release build: below a sub-path, so that an address that is wrong there is caught, and with
// the strict policy that a careful site would send, so that what it forbids is never needed.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const BASE = '/lab/';
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

// The policy of a page. Scripts inside the page are allowed one by one, by their hash, as a site would have to.
export function policy(html) {
  const inside = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text);
  const hashes = inside.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return [
    "default-src 'none'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...hashes].join(' '),
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-src 'self'",
    "frame-ancestors 'self'",
  ].join('; ');
}

// The file that a request asks for, or null if it is outside the build.
function fileOf(pathname, folder) {
  if (!pathname.startsWith(BASE)) return null;
  const name = decodeURIComponent(pathname.slice(BASE.length)) || 'index.html';
  const file = normalize(join(folder, name.endsWith('/') ? `${name}index.html` : name));
  return file.startsWith(normalize(folder + sep)) ? file : null;
}

async function answer(request, response, folder, sent) {
  const { pathname } = new URL(request.url, 'http://localhost');
  // Browsers ask every site for this one, unless the page names another.
  if (pathname === '/favicon.ico') return response.writeHead(204).end();
  const file = fileOf(pathname, folder);
  const content = file && (await readFile(file).catch(() => null));
  if (!content) return response.writeHead(404, { 'content-type': 'text/plain' }).end(`no ${pathname} here\n`);
  const headers = {
    'cache-control': 'no-store',
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
  };
  if (extname(file) === '.html') headers['content-security-policy'] = policy(content.toString());
  const body = sent ? compressed(file, content) : content;
  if (sent) {
    headers['content-encoding'] = 'gzip';
    sent.push({ name: pathname.slice(BASE.length), bytes: body.length, at: performance.now() });
  }
  return response.writeHead(200, headers).end(body);
}

const packed = new Map();

function compressed(file, content) {
  if (!packed.has(file)) packed.set(file, gzipSync(content, { level: 9 }));
  return packed.get(file);
}

// Serves a folder at a free port of this machine. `url` ends in a slash. With a list for what is sent, files are sent compressed and
// noted there.
export async function serve(folder = DIST, sent = null) {
  const server = createServer((request, response) => {
    answer(request, response, folder, sent).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${BASE}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
