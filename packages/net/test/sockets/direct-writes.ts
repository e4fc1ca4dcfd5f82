const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];

/**
 * Whether bytes can go past Node on this version. Since 24.22, and on 26, Node hands no request to the object beneath a socket
 * any more, so the probe finds none.
 */
export const knowsDirectWrites: boolean = major < 24 || (major === 24 && minor < 22);
