// A package registry on loopback that lives in memory: as much of the protocol as `npm publish`, `npm view`, `npm install`
// and `changeset publish` speak. It knows nothing but what is published to it.
import { createServer } from 'node:http';

/** Starts one on a free port. `packages` holds the document of each published package, by its name. */
export async function startRegistry() {
  const packages = new Map();
  const tarballs = new Map();
  const server = createServer((request, response) => void respond(request, response));

  async function respond(request, response) {
    try {
      const { status = 200, type = 'application/json', body } = await answer(request);
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }

  async function answer(request) {
    const path = decodeURIComponent(new URL(request.url, url).pathname).slice(1);
    if (request.method === 'PUT') return publish(JSON.parse(await textOf(request)));
    if (path === '-/whoami') return json({ username: 'rehearsal' });
    if (tarballs.has(path)) return { type: 'application/octet-stream', body: tarballs.get(path) };
    return packages.has(path) ? json(packages.get(path)) : json({ error: 'not found' }, 404);
  }

  function publish({ name, versions, _attachments, 'dist-tags': tags }) {
    const known = packages.get(name) ?? { name, versions: {}, 'dist-tags': {}, time: {} };
    const [[version, manifest]] = Object.entries(versions);
    if (version in known.versions) return json({ error: `${name}@${version} exists already` }, 403);
    const file = `${name}/-/${version}.tgz`;
    const [{ data }] = Object.values(_attachments);
    tarballs.set(file, Buffer.from(data, 'base64'));
    known.versions[version] = { ...manifest, dist: { ...manifest.dist, tarball: `${url}/${file}` } };
    known.time[version] = new Date().toISOString();
    Object.assign(known['dist-tags'], tags);
    packages.set(name, known);
    return json({ ok: true }, 201);
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    packages,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function json(value, status) {
  return { status, body: JSON.stringify(value) };
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
