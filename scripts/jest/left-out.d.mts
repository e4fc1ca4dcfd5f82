export declare function leftOutOn(system: string, folder: string): string[];
export declare function foldersOf(system: 'win32' | 'darwin'): string[];
