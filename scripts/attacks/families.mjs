const families = ['core', 'fs', 'proc', 'net', 'tls', 'jobd'];

/** Files of the folder `families`: some families have several. */
const files = {
  jobd: ['jobd-protocol', 'jobd-slow-clients', 'jobd-files', 'jobd-admission', 'jobd-disk', 'jobd-restarts'],
};

/** Loads the attacks of each family. */
export async function loadFamilies() {
  const loaded = [];
  for (const family of families) {
    const modules = await Promise.all((files[family] ?? [family]).map((name) => import(`./families/${name}.mjs`)));
    loaded.push({ family, attacks: Object.assign({}, ...modules.map(({ attacks }) => attacks)) });
  }
  return loaded;
}
